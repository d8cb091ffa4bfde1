import type { EventView } from '@baton/core/internal';
import { z } from 'zod';

const block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  name: z.string().optional(),
  input: z.looseObject({ command: z.string().optional() }).optional(),
  content: z.unknown().optional(),
});

/**
 * The fields of a stream-json line that the demo shows. All are optional, because CLI versions
 * differ.
 */
const line = z.looseObject({
  model: z.string().optional(),
  message: z.looseObject({ content: z.union([z.string(), z.array(block)]) }).optional(),
  num_turns: z.number().optional(),
  total_cost_usd: z.number().optional(),
});

const MAX_WIDTH = 100;

/** Returns a short line about an event. For an event of unknown shape, the line has only its number and type. */
export function eventLine({ seq, type, subtype, raw }: EventView): string {
  const name = subtype === undefined ? type : `${type}/${subtype}`;
  const parsed = line.safeParse(parseJson(raw));
  const text = parsed.success ? gist(parsed.data) : '';
  return `${String(seq).padStart(3)}  ${name.padEnd(14)} ${short(text)}`.trimEnd();
}

function gist({ model, message, num_turns, total_cost_usd }: z.infer<typeof line>): string {
  if (num_turns !== undefined) return `${num_turns} turn(s), $${(total_cost_usd ?? 0).toFixed(4)}`;
  if (message === undefined) return model ?? '';
  if (typeof message.content === 'string') return message.content;
  return message.content.map(blockGist).join('; ');
}

function blockGist({ type, text, name, input, content }: z.infer<typeof block>): string {
  if (type === 'tool_use') return `${name}: ${input?.command ?? JSON.stringify(input)}`;
  if (type === 'tool_result')
    return typeof content === 'string' ? content : JSON.stringify(content);
  return text ?? type;
}

function short(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  return flat.length > MAX_WIDTH ? `${flat.slice(0, MAX_WIDTH - 1)}…` : flat;
}

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined; // an event of the type `noise` is not JSON
  }
}
