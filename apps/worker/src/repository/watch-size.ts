// Bounds what git writes into a folder while it runs.
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A bound on the growth of a folder. */
export interface SizeWatch {
  /** Fires when the folder has grown too much, or when the caller's signal fires. */
  signal: AbortSignal;
  isExceeded(): boolean;
  stop(): void;
}

const LOOK_EVERY_MS = 500;

/** Watches a folder of git's objects from now on: `signal` fires once it has grown by more than `maxBytes`. */
export function watchSize(
  objects: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): SizeWatch {
  const exceeded = new AbortController();
  const before = sizeOf(join(objects, 'pack'));
  let isLooking = false;

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    const grown = (await sizeOf(join(objects, 'pack'))) - (await before);
    if (grown > maxBytes) exceeded.abort(new Error(`more than ${maxBytes} bytes`));
    isLooking = false;
  }

  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return {
    signal: signal ? AbortSignal.any([signal, exceeded.signal]) : exceeded.signal,
    isExceeded: () => exceeded.signal.aborted,
    stop: () => clearInterval(timer),
  };
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      lstat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, one) => sum + one, 0);
}
