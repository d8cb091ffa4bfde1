// npm run secrets: makes keys for sealing secrets, and reseals stored secrets with a new key.
// Standard output holds only the requested data. Messages go to standard error.
import {
  connectMongo,
  createOpener,
  createSealer,
  createStoreClock,
  createStores,
  type Mongo,
  parseEnv,
  readSecretKeys,
} from '@baton/core/internal';
import { z } from 'zod';
import { runSecretsCommand } from './secrets/command.ts';
import { workerSettingsSchema } from './settings.ts';

const { MONGODB_URL, SECRETS_PUBLIC_KEYS, SECRETS_PRIVATE_KEYS } = workerSettingsSchema.shape;
const settingsSchema = z.object({ MONGODB_URL, SECRETS_PUBLIC_KEYS, SECRETS_PRIVATE_KEYS });

async function main(): Promise<number> {
  let mongo: Mongo | undefined;
  try {
    const { out, message } = await runSecretsCommand(process.argv.slice(2), async () => {
      const settings = parseEnv(settingsSchema, process.env);
      const keys = await readSecretKeys(settings);
      mongo = connectMongo(settings.MONGODB_URL);
      const { secrets, sessions } = createStores(mongo.db, createStoreClock(mongo.db));
      return {
        keys,
        secrets,
        sessions,
        opener: createOpener(keys.opening),
        sealer: createSealer(keys.sealing),
      };
    });
    process.stderr.write(`${message}\n`);
    for (const line of out) process.stdout.write(`${line}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`secrets: ${error instanceof Error ? error.message : error}\n`);
    return 1;
  } finally {
    await mongo?.close();
  }
}

process.exitCode = await main();
