import { parse } from 'yaml';
import { z } from 'zod';

const UNITS = { ms: 1, s: 1_000, m: 60_000 } as const;

const duration = z.string().transform((text, context) => {
  const [, amount, unit] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  if (amount !== undefined) return Number(amount) * UNITS[unit as keyof typeof UNITS];
  context.addIssue(`expected a duration like 5s, got ${text}`);
  return z.NEVER;
});

const service = z.object({
  image: z.string(),
  command: z.array(z.string()).default([]),
  healthcheck: z.object({
    test: z.union([
      z.tuple([z.literal('CMD-SHELL'), z.string()]),
      z.tuple([z.literal('CMD')], z.string()),
    ]),
    interval: duration,
    timeout: duration,
    retries: z.int(),
  }),
});

/** The parts of a compose service that start its container: image, command and health check. */
export type ComposeService = z.infer<typeof service>;

/**
 * Reads a service of a compose file. Throws if the service lacks a field that its container needs.
 */
export function readComposeService(composeFile: string, name: string): ComposeService {
  const file = z.object({ services: z.record(z.string(), z.unknown()) });
  const parsed = service.safeParse(file.parse(parse(composeFile)).services[name]);
  if (parsed.success) return parsed.data;
  throw new Error(`docker-compose.yml, service ${name}: ${z.prettifyError(parsed.error)}`);
}
