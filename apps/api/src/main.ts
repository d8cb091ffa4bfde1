// The API process: reads the settings, connects, listens, and stops on SIGTERM or SIGINT.
// Prints `{"api": url}` on stdout when it listens; logs go to stderr.
import {
  type AppError,
  createClosers,
  createLogger,
  type OpenBaton,
  openBaton,
  readPublicKeys,
} from '@baton/core/internal';
import { openApp } from './open-app.ts';
import { type ApiSettings, readApiSettings } from './settings.ts';

/** How long each part may take to stop, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5_000;

async function main(): Promise<void> {
  const settings = readSettingsOrExit();
  const log = createLogger('api', settings.LOG_LEVEL);
  const closers = createClosers(log, CLOSE_TIMEOUT_MS);
  let baton: OpenBaton | undefined;

  async function stop(code: number): Promise<void> {
    const isAppClosed = await closers.close();
    const areConnectionsClosed = (await baton?.close()) ?? true;
    process.exit(isAppClosed && areConnectionsClosed ? code : 1);
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping');
      void stop(0);
    });
  }

  try {
    baton = openBaton({
      redis: settings.REDIS_URL,
      mongodb: settings.MONGODB_URL,
      prefix: settings.QUEUE_PREFIX,
      fileUnusedMs: settings.FILE_UNUSED_HOURS * 3_600_000,
      publicKeys: await readPublicKeys(settings.SECRETS_PUBLIC_KEYS),
      log,
    });
    const app = await openApp(settings, baton, { log, closers });
    const url = await app.listen({
      host: settings.HOST,
      port: settings.PORT,
      listenTextResolver: (address) =>
        `ready at ${address}; the API reference is at /docs, the queue at /queues`,
    });
    process.stdout.write(`${JSON.stringify({ api: url })}\n`);
  } catch (error) {
    log.fatal({ err: error }, 'the API could not start');
    await stop(1);
  }
}

function readSettingsOrExit(): ApiSettings {
  try {
    return readApiSettings(process.env);
  } catch (error) {
    const { code, message } = error as AppError;
    createLogger('api', 'fatal').fatal({ code }, message);
    process.exit(1);
  }
}

await main();
