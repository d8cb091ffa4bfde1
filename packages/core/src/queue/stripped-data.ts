import { defined } from '../model/schema/defined.ts';

/** The key that marks a payload that was stripped because its job has ended. */
const ENDED = 'baton_ended';

/** How many characters of a text are kept. */
const TEXT_MAX = 200;

/** Returns what an ended job keeps of its payload: the fields that a list of jobs shows. */
export function strippedData(data: unknown): Record<string, unknown> {
  const { kind, title } = (data ?? {}) as Record<string, unknown>;
  return {
    [ENDED]: true,
    ...defined({ kind: cutText(kind), title: cutText(title) }),
  };
}

function cutText(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, TEXT_MAX) : undefined;
}

/**
 * Returns whether a payload was stripped because its job has ended. Such a job can neither be run
 * nor adopted.
 */
export function isStripped(data: unknown): boolean {
  return (data as Record<string, unknown> | null | undefined)?.[ENDED] === true;
}
