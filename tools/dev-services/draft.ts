import { isAlive } from './alive.ts';

const believedForMs = 30 * 60 * 1000;

/** A folder of the cache that a process is still building. */
export type Draft = {
  readonly name: string;
  readonly began: number;
  readonly pid: number;
  readonly tag: string;
};

/** Returns the folder's name. Names sort by the time at which the building began. */
export function draftName({ name, began, pid, tag }: Draft): string {
  return `.draft-${name}-${began}-${pid}-${tag}`;
}

/** Returns the earlier drafts of the same folder whose process still runs. */
export function draftsBefore(
  ownDraft: Draft,
  entries: readonly string[],
  isRunning: (pid: number) => boolean = isAlive,
): Draft[] {
  return entries
    .map(parseDraft)
    .filter((draft) => draft !== undefined)
    .filter((draft) => draft.name === ownDraft.name && draftName(draft) < draftName(ownDraft))
    .filter(({ began, pid }) => ownDraft.began - began < believedForMs && isRunning(pid));
}

function parseDraft(entry: string): Draft | undefined {
  const [, name, began, pid, tag] = entry.match(/^\.draft-(.+)-(\d{13})-(\d+)-([0-9a-f]+)$/) ?? [];
  if (!name || !tag) return undefined;
  return { name, began: Number(began), pid: Number(pid), tag };
}
