// Texts that become arguments of the CLI, or parts of its files.
import { z } from 'zod';

// The maximum size of a value that the CLI gets as an argument. Linux limits one argument to 128
// KiB. Long texts reach the CLI in files instead.
export const ARGUMENT_MAX_BYTES = 100 * 1024;

const noNul = /^[^\0]*$/;

/** Schema of a short text that the CLI gets as an argument. */
export const argument = z.string().min(1).max(1024).regex(noNul, 'expected no NUL character');

/** Schema of a text of any length, which the CLI gets in a file or on its standard input. */
export const text = z.string().regex(noNul, 'expected no NUL character');

/** Returns whether the JSON of a value fits into one argument of the CLI. */
export function fitsOneArgument(value: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(value)) <= ARGUMENT_MAX_BYTES;
}

/** Schema of a list of tools that the CLI gets as one argument. */
export const toolList = z
  .array(argument)
  .refine(fitsOneArgument, `expected a list of at most ${ARGUMENT_MAX_BYTES} bytes of JSON`);
