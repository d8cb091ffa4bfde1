import { intVariable, sharedSettings } from '@baton/core';
import { z } from 'zod';

/** The settings of the API, read once from its environment. */
export const apiSettingsSchema = z.object({
  ...sharedSettings,
  HOST: z.string().default('127.0.0.1').describe('Address to listen on; there is no login yet.'),
  PORT: intVariable(0, 65_535).default(3000).describe('Port to listen on; 0 takes any free one.'),
});
