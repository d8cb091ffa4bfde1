import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Draft, draftName, draftsBefore } from './draft.ts';
import type { Host } from './host.ts';

const lookAgainAfterMs = 100;
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/**
 * Returns the folder `name` of the cache, and builds it first if it is missing. The folder is built
 * under another name and then renamed, so no process sees it half finished. If two processes race,
 * the later process waits for the earlier process. If both build the folder anyway, both use the
 * folder that is finished first.
 */
export async function installOnce(
  { cache, guardian, log }: Pick<Host, 'cache' | 'guardian' | 'log'>,
  name: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const target = join(cache, name);
  if (await exists(target)) return target;
  await mkdir(cache, { recursive: true });
  await sweepAbandoned(cache);

  const ownDraft: Draft = {
    name,
    began: Date.now(),
    pid: process.pid,
    tag: randomBytes(4).toString('hex'),
  };
  const draft = join(cache, draftName(ownDraft));
  await mkdir(draft);
  guardian.removeAtEnd(draft);
  try {
    if (await waitForEarlier(cache, ownDraft, target, log)) return target;
    await build(draft);
    await rename(draft, target);
  } catch (error) {
    if (await exists(target)) return target;
    throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return target;
}

/** Takes a broken folder out of the cache, so that the next `installOnce` builds it again. */
export async function uninstall(cache: string, name: string): Promise<void> {
  const aside = await mkdtemp(join(cache, '.broken-'));
  try {
    await rename(join(cache, name), join(aside, name));
  } catch {
    // another process took it out first
  }
  await rm(aside, { recursive: true, force: true });
}

// Resolves to true once an earlier process has built the folder, and to false if no earlier process builds it.
async function waitForEarlier(
  cache: string,
  mine: Draft,
  target: string,
  log: (line: string) => void,
): Promise<boolean> {
  for (let isFirst = true; ; isFirst = false) {
    const earlier = draftsBefore(mine, await readdir(cache));
    if (await exists(target)) return true;
    if (earlier.length === 0) return false;
    if (isFirst) log(`process ${earlier[0]?.pid} is installing ${mine.name}: waiting for it`);
    await delay(lookAgainAfterMs);
  }
}

async function sweepAbandoned(cache: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    if (!entry.startsWith('.')) continue;
    const draft = join(cache, entry);
    const facts = await stat(draft).catch(() => undefined); // the builder has just renamed the draft
    if (facts && Date.now() - facts.mtimeMs > abandonedAfterMs) {
      await rm(draft, { recursive: true, force: true });
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
