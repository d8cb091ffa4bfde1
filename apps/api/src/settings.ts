import { isIP } from 'node:net';
import {
  AppError,
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
  HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  PORT: intVariable(0, 65_535).default(3000).describe('Port to listen on; 0 takes any free one.'),
  AUTH: z
    .enum(['keys', 'none'])
    .default('keys')
    .describe(
      '`keys`: every caller shows an API key. `none`: on a loopback HOST alone, nobody does.',
    ),
  TRUST_PROXY: listVariable(',')
    .refine((list) => list.every(isAddress), 'expected IP addresses or CIDR ranges')
    .default([])
    .describe('Proxies, by address or CIDR range, whose X-Forwarded-* headers are believed.'),
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

/** The settings of the API; throws INVALID_CONFIG, also where anyone on the network could call it. */
export function readApiSettings(env: Record<string, string | undefined>): ApiSettings {
  const settings = parseEnv(apiSettingsSchema, env);
  if (settings.AUTH === 'none' && !isLoopback(settings.HOST)) {
    throw new AppError(
      'INVALID_CONFIG',
      `AUTH=none is for a loopback HOST alone, and HOST is ${settings.HOST}: set AUTH=keys`,
    );
  }
  return settings;
}
