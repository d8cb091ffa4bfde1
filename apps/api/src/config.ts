import { AppError, intVariable, parseEnv, sharedSettings } from '@baton/core';
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
});

/** The settings of the API; throws INVALID_CONFIG, also where anyone on the network could call it. */
export function readApiSettings(env: Record<string, string | undefined>) {
  const settings = parseEnv(apiSettingsSchema, env);
  if (settings.AUTH === 'none' && !isLoopback(settings.HOST)) {
    throw new AppError(
      'INVALID_CONFIG',
      `AUTH=none is for a loopback HOST alone, and HOST is ${settings.HOST}: set AUTH=keys`,
    );
  }
  return settings;
}
