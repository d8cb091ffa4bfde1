import { parseArgs } from 'node:util';
import { z } from 'zod';

const number = z.coerce.number();

const optionsSchema = z.strictObject({
  sessions: number.int().min(1).default(200),
  minutes: number.positive().default(10),
  seed: number.int().nonnegative().optional(),
  workers: number.int().min(2).max(32).default(3),
  hosts: z.boolean().default(false),
  json: z.boolean().default(false),
});

/** The options of a run. */
export type ChaosOptions = Readonly<Required<z.infer<typeof optionsSchema>> & { seed: number }>;

const text = { type: 'string' } as const;

/**
 * Reads the command line. If no seed is given, makes a random seed. Throws if an option is unknown
 * or invalid.
 */
export function readOptions(args: string[]): ChaosOptions {
  const { values } = parseArgs({
    args,
    options: {
      sessions: text,
      minutes: text,
      seed: text,
      workers: text,
      hosts: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  const read = optionsSchema.safeParse(values);
  if (!read.success) throw new Error(z.prettifyError(read.error));
  return { ...read.data, seed: read.data.seed ?? Math.floor(Math.random() * 1_000_000) };
}
