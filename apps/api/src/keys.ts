// npm run keys: creates, lists and revokes API keys in the database of MONGODB_URL. Standard output
// carries only the result, so that scripts can read it. Messages go to standard error.
import { parseArgs } from 'node:util';
import {
  connectMongo,
  createKeyStore,
  createLogger,
  parseEnv,
  sharedSettings,
} from '@baton/core/internal';
import { z } from 'zod';
import { runKeyCommand } from './auth/key-command.ts';

const settingsSchema = z.object({ MONGODB_URL: sharedSettings.MONGODB_URL });

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        scope: { type: 'string' },
        tenant: { type: 'string' },
      },
    });
    const { MONGODB_URL } = parseEnv(settingsSchema, process.env);
    const log = createLogger('baton-keys', 'error');
    const mongo = connectMongo(MONGODB_URL);
    try {
      const { out, message } = await runKeyCommand(
        createKeyStore(mongo.db, { log }),
        positionals,
        values,
      );
      process.stderr.write(`${message}\n`);
      for (const line of out) process.stdout.write(`${line}\n`);
      return 0;
    } finally {
      await mongo.close();
    }
  } catch (error) {
    process.stderr.write(`keys: ${error instanceof Error ? error.message : error}\n`);
    return 1;
  }
}

process.exitCode = await main();
