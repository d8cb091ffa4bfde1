import { isIP } from 'node:net';
import {
  AppError,
  absolutePath,
  intVariable,
  listVariable,
  parseEnv,
  sharedSettings,
} from '@baton/core/internal';
import { z } from 'zod';
import { isLoopback } from './auth/origin.ts';

/** The settings of the API, read once from its environment. */
export const apiSettingsSchema = z.object({
  ...sharedSettings,
  HOST: z.string().default('127.0.0.1').describe('Address on which the API listens.'),
  PORT: intVariable(0, 65_535)
    .default(3000)
    .describe('Port on which the API listens; 0 selects any free port.'),
  AUTH: z
    .enum(['keys', 'none'])
    .default('keys')
    .describe(
      '`keys`: requests need an API key, except to public routes such as `/healthz`. `none`: requests need no key; allowed only if HOST is a loopback address.',
    ),
  // parseEnv derives the default from the system.
  CAPTURE_CACHE_DIR: z
    .string()
    .meta({ default: '/tmp/baton-captures' })
    .transform(absolutePath)
    .describe(
      "Absolute path of the directory in which the API keeps captured files while callers read them. The default lies in the system's folder for temporary files. Each process has a folder of its own in it.",
    ),
  CAPTURE_CACHE_BYTES: intVariable(1024 * 1024, 1024 ** 5)
    .default(5 * 1024 ** 3)
    .describe(
      'How many bytes of captures each API process keeps in CAPTURE_CACHE_DIR; default 5 GiB. The least recently used are removed first.',
    ),
  FILE_MAX_BYTES: intVariable(1, 1024 ** 3)
    .default(32 * 1024 ** 2)
    .describe('Maximum size of an uploaded file, in bytes.'),
  FILE_UNUSED_MAX_BYTES: intVariable(1, Number.MAX_SAFE_INTEGER)
    .default(10 * 1024 ** 3)
    .describe(
      'How many bytes of uploaded files that no session uses one tenant may have. Further uploads are refused until some are used or expire.',
    ),
  TRUST_PROXY: listVariable(',')
    .refine((list) => list.every(isAddress), 'expected IP addresses or CIDR ranges')
    .default([])
    .describe(
      'Proxies whose `X-Forwarded-*` headers the API trusts: IP addresses or CIDR ranges, separated by commas.',
    ),
});

function isAddress(text: string): boolean {
  const [address = '', prefixLength] = text.split('/');
  const width = isIP(address) === 6 ? 128 : 32;
  return (
    isIP(address) !== 0 &&
    (prefixLength === undefined || (/^\d+$/.test(prefixLength) && +prefixLength <= width))
  );
}

/** The settings of the API, parsed. */
export type ApiSettings = z.infer<typeof apiSettingsSchema>;

/**
 * Reads the API's settings. Throws INVALID_CONFIG if a setting is invalid, or if AUTH=none would
 * open the API to the network.
 */
export function readApiSettings(env: Record<string, string | undefined>): ApiSettings {
  const settings = parseEnv(apiSettingsSchema, env);
  if (settings.AUTH === 'none' && !isLoopback(settings.HOST)) {
    throw new AppError(
      'INVALID_CONFIG',
      `AUTH=none needs a loopback HOST, but HOST is ${settings.HOST}: set AUTH=keys`,
    );
  }
  return settings;
}
