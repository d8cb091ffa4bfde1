import { z } from 'zod';
import { cutText } from '../schema/cut-text.ts';

const count = z.number().nonnegative();

/** Token counts as the API reports them. */
export const usageSchema = z.object({
  input_tokens: count.optional(),
  output_tokens: count.optional(),
  cache_creation_input_tokens: count.optional(),
  cache_read_input_tokens: count.optional(),
});

/** Schema of the token counts and the cost of one model, as the CLI sums them over the conversation. */
const modelUsageSchema = z.object({
  inputTokens: count.optional(),
  outputTokens: count.optional(),
  cacheReadInputTokens: count.optional(),
  cacheCreationInputTokens: count.optional(),
  webSearchRequests: count.optional(),
  costUSD: count.optional(),
  contextWindow: count.optional(),
});

/**
 * Schema of Claude's final `result` event, with the CLI's keys (the keys of the seed and later keys). The stored event
 * also has keys that this schema does not list.
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
  deferred_tool_use: z
    .json()
    .optional()
    .describe('The tool call that a hook deferred until somebody decides on it.'),
  api_error_status: z.number().nullish(),
  terminal_reason: z.string().nullish(),
  stop_reason: z.string().nullish().describe('Why the model stopped, in the words of the API.'),
  local_command: z
    .string()
    .optional()
    .describe('The slash command that the CLI answered without a turn of the model.'),
  uuid: z.string().optional(),
  truncated: z
    .array(z.string())
    .optional()
    .describe(
      'Keys that Baton shortened or left out because of their size. The event has them in full.',
    ),
});

/** Token counts as the API reports them. */
export type Usage = z.infer<typeof usageSchema>;

/** Claude's final `result` event. */
export type Result = z.infer<typeof resultSchema>;

// A MongoDB document holds at most 16 MiB, so the parts of a result are limited.
const TEXT_MAX_BYTES = 1024 * 1024;
const JSON_MAX_BYTES = 1024 * 1024;
const SHORT_TEXT_MAX_BYTES = 1024;

const BOUNDS = {
  result: cutTo(TEXT_MAX_BYTES),
  error: cutTo(TEXT_MAX_BYTES),
  subtype: cutTo(SHORT_TEXT_MAX_BYTES),
  session_id: cutTo(SHORT_TEXT_MAX_BYTES),
  terminal_reason: cutTo(SHORT_TEXT_MAX_BYTES),
  stop_reason: cutTo(SHORT_TEXT_MAX_BYTES),
  uuid: cutTo(SHORT_TEXT_MAX_BYTES),
  structured_output: dropOver(JSON_MAX_BYTES),
  deferred_tool_use: dropOver(JSON_MAX_BYTES),
  permission_denials: dropOver(JSON_MAX_BYTES),
  errors: dropOver(JSON_MAX_BYTES),
  modelUsage: dropOver(JSON_MAX_BYTES),
} as const satisfies { [K in keyof Result]?: (value: unknown) => unknown };

/** Returns the result with its large parts shortened or left out; `truncated` names their keys. */
export function boundResult(result: Result): Result {
  const truncated: string[] = [...(result.truncated ?? [])];
  const bounded = Object.entries(result).flatMap(([key, value]) => {
    const bound = BOUNDS[key as keyof typeof BOUNDS];
    const limited = bound ? bound(value) : value;
    if (limited !== value) truncated.push(key);
    return limited === undefined ? [] : [[key, limited]];
  });
  const kept = Object.fromEntries(bounded) as Result;
  return truncated.length > 0 ? { ...kept, truncated } : kept;
}

function cutTo(max: number): (value: unknown) => unknown {
  return (value) => (typeof value === 'string' ? cutText(value, max) : value);
}

function dropOver(max: number): (value: unknown) => unknown {
  return (value) =>
    value !== undefined && Buffer.byteLength(JSON.stringify(value)) > max ? undefined : value;
}
