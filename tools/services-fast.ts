// npm run services:fast: builds the fast MongoDB server for development into the cache that all clones share.
import { buildSecantus } from './dev-services/build-secantus.ts';
import { cacheDir } from './dev-services/environment.ts';
import { reasonOf } from './dev-services/errors.ts';
import { createGuardian } from './dev-services/guardian.ts';

const { env } = process;
const log = (line: string) => console.error(`services:fast: ${line}`);
const guardian = createGuardian(env);
try {
  const program = await buildSecantus({ env, cache: cacheDir(env), guardian, log });
  log(`${program} is there: starts without mongod on PATH take it from now on`);
} catch (error) {
  log(reasonOf(error));
  process.exitCode = 1;
} finally {
  await guardian.close();
}
