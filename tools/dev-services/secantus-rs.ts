import { join } from 'node:path';

/** The crate of SecantusDB's Rust server, and the program in it. */
export const secantusCrate = {
  name: 'secantus-mdb',
  version: '0.5.3-beta.193',
  program: 'secantusd-rs',
  sha256: '3167ab09ec97e77fbb5c3c3c3f11dbf1bd9dfd1237231bc763da55963f4ef842',
} as const;

/** The folder of the cache that `npm run services:fast` fills. */
export const secantusFolder = `${secantusCrate.name}-${secantusCrate.version}-${process.platform}-${process.arch}`;

/** Returns the path that the server has in the cache once it has been built. */
export function cachedSecantus(cache: string): string {
  return join(cache, secantusFolder, 'bin', secantusCrate.program);
}
