import { z } from 'zod';

const count = z.number().nonnegative();

/** Token counts as the API reports them. */
export const usageSchema = z.object({
  input_tokens: count.optional(),
  output_tokens: count.optional(),
  cache_creation_input_tokens: count.optional(),
  cache_read_input_tokens: count.optional(),
});

/** Token counts and cost of one model, as the CLI sums them over the conversation. */
export const modelUsageSchema = z.object({
  inputTokens: count.optional(),
  outputTokens: count.optional(),
  cacheReadInputTokens: count.optional(),
  cacheCreationInputTokens: count.optional(),
  webSearchRequests: count.optional(),
  costUSD: count.optional(),
  contextWindow: count.optional(),
});

/**
 * Claude's final `result` event under the CLI's keys (those of the seed and later ones). Keys that
 * are not listed stay in the stored event only.
 */
export const resultSchema = z.object({
  type: z.literal('result'),
  subtype: z.string(),
  is_error: z.boolean(),
  session_id: z.string().optional(),
  duration_ms: count.optional(),
  duration_api_ms: count.optional(),
  num_turns: count.optional(),
  result: z.string().optional(),
  error: z.string().optional(),
  errors: z.array(z.string()).optional(),
  cost_usd: count.optional(),
  total_cost: count.optional(),
  total_cost_usd: count.optional(),
  usage: usageSchema.optional(),
  modelUsage: z.record(z.string(), modelUsageSchema).optional(),
  permission_denials: z.array(z.json()).optional(),
  structured_output: z.json().optional(),
  api_error_status: z.number().nullish(),
  terminal_reason: z.string().nullish(),
  stop_reason: z.string().nullish(),
  uuid: z.string().optional(),
  truncated: z
    .array(z.string())
    .optional()
    .describe("Keys that Baton cut or left out for size; the events hold the CLI's line."),
});

/** Token counts as the API reports them. */
export type Usage = z.infer<typeof usageSchema>;

/** Token counts of one model. */
export type ModelUsage = z.infer<typeof modelUsageSchema>;

/** Claude's final `result` event. */
export type Result = z.infer<typeof resultSchema>;

// A document holds 16 MiB at most; a result is bounded so that it can always be stored.
const TEXT_MAX = 1024 * 1024;
const JSON_MAX = 1024 * 1024;

/** The result in a size that every document can hold; what was cut is named in `truncated`. */
export function boundResult(result: Result): Result {
  const bounded: Result = { ...result };
  const truncated: string[] = [...(result.truncated ?? [])];
  for (const key of ['result', 'error'] as const) {
    const text = bounded[key];
    if (text !== undefined && text.length > TEXT_MAX) {
      bounded[key] = text.slice(0, TEXT_MAX);
      truncated.push(key);
    }
  }
  for (const key of [
    'structured_output',
    'permission_denials',
    'errors',
    'modelUsage',
    'usage',
  ] as const) {
    if (bounded[key] !== undefined && JSON.stringify(bounded[key]).length > JSON_MAX) {
      delete bounded[key];
      truncated.push(key);
    }
  }
  return truncated.length > 0 ? { ...bounded, truncated } : bounded;
}
