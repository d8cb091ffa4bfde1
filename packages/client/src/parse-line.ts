import type { ContentBlock, ParsedLine } from './stream-lines.ts';

type Fields = Record<string, unknown>;

/**
 * Parses the `raw` of an event or of a partial line. Never throws. Returns a line as `other` if its
 * kind is unknown or a key of its type is missing, and as `unparsed` if the line is cut or no JSON
 * object.
 */
export function parseLine({ raw, raw_bytes }: { raw: string; raw_bytes?: number }): ParsedLine {
  const line = raw_bytes === undefined ? parseObject(raw) : null;
  if (line === null) return { kind: 'unparsed', raw };
  // Each kind is returned only after the check of the keys that its type promises.
  return { kind: kindOf(line), line } as ParsedLine;
}

/** Returns the text of a message: its text blocks, joined by line breaks. */
export function textOf({ content }: { content: string | readonly ContentBlock[] }): string {
  if (typeof content === 'string') return content;
  const texts = content.flatMap(({ type, text }) => (type === 'text' && text ? [text] : []));
  return texts.join('\n');
}

function kindOf(line: Fields): Exclude<ParsedLine['kind'], 'unparsed'> {
  switch (line['type']) {
    case 'assistant':
      return isContent(contentOf(line)) ? 'assistant' : 'other';
    case 'user':
      return userKind(line);
    case 'result':
      return has(line, { subtype: 'string', is_error: 'boolean' }) ? 'result' : 'other';
    case 'stream_event':
      return isObject(line['event']) && has(line['event'], { type: 'string' })
        ? 'stream_event'
        : 'other';
    case 'system':
      return systemKind(line);
    default:
      return 'other';
  }
}

function userKind(line: Fields): 'prompt' | 'message' | 'user' | 'other' {
  const content = contentOf(line);
  if (typeof content !== 'string' && !isContent(content)) return 'other';
  const { subtype } = line;
  return subtype === 'prompt' || subtype === 'message' ? subtype : 'user';
}

const RETRY = { attempt: 'number', max_retries: 'number', retry_delay_ms: 'number' } as const;

function systemKind(line: Fields) {
  switch (line['subtype']) {
    case 'init':
      return has(line, { model: 'string' }) ? 'init' : 'other';
    case 'api_retry':
      return has(line, RETRY) ? 'api_retry' : 'other';
    case 'compact_boundary':
      return 'compact_boundary';
    case 'task_started':
    case 'task_progress':
    case 'task_updated':
    case 'task_notification':
      return has(line, { task_id: 'string' }) ? 'task' : 'other';
    case 'background_tasks_changed':
      return isListWith(line['tasks'], { task_id: 'string' }) ? 'background_tasks' : 'other';
    case 'permission_denied':
      return has(line, { tool_name: 'string' }) ? 'permission_denied' : 'other';
    default:
      return 'other';
  }
}

function contentOf({ message }: Fields): unknown {
  return isObject(message) ? message['content'] : undefined;
}

function isContent(value: unknown): boolean {
  return isListWith(value, { type: 'string' });
}

function isListWith(value: unknown, types: Record<string, string>): boolean {
  return Array.isArray(value) && value.every((one) => isObject(one) && has(one, types));
}

function has(fields: Fields, types: Record<string, string>): boolean {
  return Object.entries(types).every(([key, type]) => typeof fields[key] === type);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
