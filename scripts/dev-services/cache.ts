import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const abandonedAfterMs = 24 * 60 * 60 * 1000;

/**
 * Returns the folder `name` of the cache, building it first when it is not there. It is built beside its place and moved
 * in whole, so a half-finished one is never seen under its name; of two that race, the first to finish stays.
 */
export async function installOnce(
  cache: string,
  name: string,
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const place = join(cache, name);
  if (await exists(place)) return place;
  await mkdir(cache, { recursive: true });
  await sweepAbandoned(cache);
  const draft = await mkdtemp(join(cache, `.draft-${name}-`));
  try {
    await build(draft);
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (await exists(place)) return place;
    throw error;
  }
  return place;
}

/** Takes a broken folder out of the cache, so that the next `installOnce` builds it again. */
export async function uninstall(cache: string, name: string): Promise<void> {
  const aside = await mkdtemp(join(cache, `.draft-${name}-`));
  try {
    await rename(join(cache, name), join(aside, name));
  } catch {
    // another start took it out first
  }
  await rm(aside, { recursive: true, force: true });
}

async function sweepAbandoned(cache: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    if (!entry.startsWith('.draft-')) continue;
    const draft = join(cache, entry);
    const facts = await stat(draft).catch(() => undefined); // gone meanwhile: its builder finished
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
