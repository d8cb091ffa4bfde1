// npm run services:fast: builds the fast MongoDB server for development into the cache that all clones of Baton share.
import { buildSecantus } from './dev-services/build-secantus.ts';
import { cacheDir } from './dev-services/environment.ts';
import { reasonOf } from './dev-services/errors.ts';
import { createGuardian } from './dev-services/guardian.ts';

const { env } = process;
const log = (line: string) => console.error(`services:fast: ${line}`);
const guardian = createGuardian(env);
try {
  const program = await buildSecantus({ env, cache: cacheDir(env), guardian, log });
  log(
    `${program} is ready: from now on Baton uses it if there is no mongod on PATH or in the cache`,
  );
} catch (error) {
  log(reasonOf(error));
  process.exitCode = 1;
} finally {
  await guardian.close();
}
