import { defined } from '../model/schema/defined.ts';

/** The key that marks what is left of a payload once its job has ended. */
const ENDED = 'baton_ended';

/** How much of a text stays, in characters. */
const TEXT_MAX = 200;

/** What a job that has ended keeps of its payload: what names it in a list of jobs. */
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

/** Says whether this is what a job keeps that has ended: there is nothing in it to run or to adopt. */
export function isStripped(data: unknown): boolean {
  return (data as Record<string, unknown> | null | undefined)?.[ENDED] === true;
}
