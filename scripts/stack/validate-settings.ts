import {
  AppError,
  defaultWorkRoot,
  isAppError,
  parseEnv,
  readSecretKeys,
} from '@baton/core/internal';
import { readApiSettings } from '../../apps/api/src/settings.ts';
import { makeWorkRoot } from '../../apps/worker/src/host/work-root.ts';
import { readPrices } from '../../apps/worker/src/process/read-prices.ts';
import { workerSettingsSchema } from '../../apps/worker/src/settings.ts';
import { apiProgram, workerProgram } from '../../tools/baton-processes/programs.ts';
import type { Environment } from '../../tools/dev-services/environment.ts';

/**
 * Checks the settings before any server is started. Throws INVALID_CONFIG with a list of all
 * problems that the API or a worker would refuse. The addresses of Redis and MongoDB may be
 * missing.
 */
export async function validateSettings(env: Environment): Promise<void> {
  const servers = { REDIS_URL: 'redis://127.0.0.1', MONGODB_URL: 'mongodb://127.0.0.1' };
  const settings = { WORK_ROOT: defaultWorkRoot(env), ...servers, ...withoutBlanks(env) };
  const problems = new Set<string>();

  async function collect<T>(act: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!isAppError(error)) throw error;
      const listed = error.details?.['problems'];
      for (const problem of Array.isArray(listed) ? listed : [error.message]) problems.add(problem);
      return undefined;
    }
  }

  await collect(() => readApiSettings(apiProgram(settings).env));
  const worker = await collect(() =>
    parseEnv(workerSettingsSchema, workerProgram(settings, 'worker', 0).env),
  );
  if (worker) {
    await collect(() => readSecretKeys(worker));
    await collect(() => readPrices(worker.PRICES_FILE));
    await collect(() => makeWorkRoot(worker.WORK_ROOT));
  }
  if (problems.size === 0) return;
  const list = [...problems];
  throw new AppError('INVALID_CONFIG', `the settings are wrong\n  ${list.join('\n  ')}`, {
    details: { problems: list },
  });
}

function withoutBlanks(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
}
