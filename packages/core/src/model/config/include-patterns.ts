import { z } from 'zod';

/** How many patterns `workspace.include` may have. */
const INCLUDE_MAX = 64;

const pattern = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[^\0]*$/, 'expected no NUL character');

/** Schema of the patterns of ignored files that travel with a workspace. */
export const includeSchema = z
  .array(pattern)
  .max(INCLUDE_MAX)
  .optional()
  .describe(
    'Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.',
  );
