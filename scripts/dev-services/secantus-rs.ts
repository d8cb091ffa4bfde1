import { join } from 'node:path';

/** The crate of SecantusDB's Rust server, and the program in it. */
export const secantusCrate = {
  name: 'secantus-mdb',
  version: '0.5.3-beta.193',
  program: 'secantusd-rs',
} as const;

/** The folder of the cache that `npm run services:fast` fills. */
export const secantusCrateFolder = `${secantusCrate.name}-${secantusCrate.version}-${process.platform}-${process.arch}`;

/** Returns where the built server is in the cache, once it has been built. */
export function cachedSecantus(cache: string): string {
  return join(cache, secantusCrateFolder, 'bin', secantusCrate.program);
}
