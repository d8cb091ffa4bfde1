/** The key that marks what is left of a payload once its job has ended. */
const ENDED = 'baton_ended';

const TITLE_MAX = 200;

/** What a job that has ended keeps of its payload: what names it in a list of jobs. */
export function strippedData(data: unknown): Record<string, unknown> {
  const { kind, title } = (data ?? {}) as Record<string, unknown>;
  return {
    [ENDED]: true,
    ...(typeof kind === 'string' ? { kind: kind.slice(0, TITLE_MAX) } : {}),
    ...(typeof title === 'string' ? { title: title.slice(0, TITLE_MAX) } : {}),
  };
}

/** Says whether this is what a job keeps that has ended: there is nothing in it to run or to adopt. */
export function isStripped(data: unknown): boolean {
  return (data as Record<string, unknown> | null | undefined)?.[ENDED] === true;
}
