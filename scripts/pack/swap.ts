// npm packs the package.json that is on disk, and a workspace's leads to TypeScript sources: while npm
// packs, the published one stands in its place. The workspace's is kept beside it until it is back.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The swap of one package's manifest, each made for one npm. */
export interface Swap {
  /** The npm that a swap is in place for, or null. */
  owner(): number | null;
  /** Puts `published` in the place of the manifest: at each moment the one or the other is there whole. */
  put(published: string, npm: number): void;
  /** Puts the workspace's manifest back, unless somebody else wrote there meanwhile. */
  restore(): void;
}

/** The swap of the package in `dir`; what it keeps lies in `.baton`, outside version control. */
export function createSwap(dir: string): Swap {
  const manifest = join(dir, 'package.json');
  const kept = join(dir, '.baton', 'pack');
  const file = {
    owner: join(kept, 'npm.pid'),
    workspace: join(kept, 'workspace.json'),
    published: join(kept, 'published.json'),
    next: join(kept, 'next'),
  };

  // Renamed into place: a reader, or a kill, finds the old or the new and nothing between.
  function write(to: string, text: string): void {
    writeFileSync(file.next, text);
    renameSync(file.next, to);
  }

  return {
    owner() {
      const pid = Number(read(file.owner));
      return pid > 0 ? pid : null;
    },
    put(published, npm) {
      mkdirSync(kept, { recursive: true });
      write(file.workspace, readFileSync(manifest, 'utf8'));
      write(file.published, published);
      write(file.owner, String(npm));
      write(manifest, published);
    },
    restore() {
      const workspace = read(file.workspace);
      const isInPlace = read(manifest) === read(file.published);
      if (workspace !== null && isInPlace) write(manifest, workspace);
      rmSync(kept, { recursive: true, force: true });
    },
  };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not there: nothing is swapped.
    return null;
  }
}
