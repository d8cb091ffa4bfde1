import {
  type Closers,
  createLiveHub,
  type Logger,
  type OpenBaton,
  policyOf,
} from '@baton/core/internal';
import { createApp } from './app.ts';
import type { App } from './app-type.ts';
import type { Auth } from './auth/auth.ts';
import { createKeyCache } from './auth/key-cache.ts';
import { createCaptureCache } from './captures/capture-cache.ts';
import { createIndexes } from './indexes.ts';
import type { ApiSettings } from './settings.ts';

/** How long an upload may take in total, in milliseconds: 32 MiB at 20 KiB a second. */
const UPLOAD_MAX_MS = 1_800_000;

/** How long an upload may send nothing, in milliseconds. */
const UPLOAD_IDLE_MS = 30_000;

/**
 * Opens the HTTP app on an open Baton, with these settings. Adds everything that it opens to
 * `closers`. The indexes are created in the background as soon as MongoDB answers.
 */
export async function openApp(
  settings: ApiSettings,
  baton: OpenBaton,
  { log, closers }: { log: Logger; closers: Closers },
): Promise<App> {
  const stopping = new AbortController();
  closers.add('indexes', () => stopping.abort());
  void createIndexes(baton.mongo.db, log, stopping.signal);

  const hub = createLiveHub({ url: settings.REDIS_URL, prefix: settings.QUEUE_PREFIX });
  closers.add('streams', () => hub.close());

  const captures = createCaptureCache({
    captures: baton.stores.captures,
    directory: settings.CAPTURE_CACHE_DIR,
    maxBytes: settings.CAPTURE_CACHE_BYTES,
    path: process.env['PATH'] ?? '',
    log,
  });
  closers.add('captures', () => captures.close());

  const app = await createApp({
    ...baton,
    log,
    captures,
    policy: policyOf(settings),
    streaming: { hub, heads: baton.stores.heads },
    auth: authOf(settings, baton, log),
    fileLimits: {
      maxBytes: settings.FILE_MAX_BYTES,
      unusedMaxBytes: settings.FILE_UNUSED_MAX_BYTES,
      uploadMs: UPLOAD_MAX_MS,
      uploadIdleMs: UPLOAD_IDLE_MS,
    },
    allowedAddresses: settings.WEBHOOK_ALLOWED_ADDRESSES,
    trustedProxies: settings.TRUST_PROXY,
  });
  closers.add('HTTP', () => app.close());
  return app;
}

function authOf({ AUTH }: ApiSettings, { stores }: OpenBaton, log: Logger): Auth {
  if (AUTH === 'none') return { kind: 'none' };
  return { kind: 'keys', cache: createKeyCache(stores.keys, log), logins: stores.logins };
}
