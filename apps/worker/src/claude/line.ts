import type { PricedUsage, Result } from '@baton/core/internal';
import { defined } from '@baton/core/internal';
import { asCount, asDate, asList, asObject, asString } from './fields.ts';
import type { Outline } from './outline.ts';
import { MAX_COST_USD } from './plausible-cost.ts';
import { readResult, readUsage } from './read-result.ts';

/**
 * One line of the CLI's stdout: text that is not an object (`noise`), a broken object or an object
 * without a type (`garbage`), or an event.
 */
export type ClaudeLine = { kind: 'noise' } | { kind: 'garbage' } | ClaudeEvent;

/**
 * An event of stream-json, with the keys that identify it. Events of unknown types are events too.
 */
interface ClaudeEvent {
  kind: 'event';
  type: string;
  subtype?: string;
  uuid?: string;
  body: Record<string, unknown>;
  /**
   * Set for a result line of another conversation. Such a line is not this session's result
   * (mark-foreign-results.ts).
   */
  isForeign?: true;
}

/** What the CLI reports when a turn begins. A key whose value is not understood is absent. */
export interface Init {
  session_id?: string;
  model?: string;
  cwd?: string;
  permissionMode?: string;
  mcp_servers: { name: string; status: string }[];
}

/** A failed API call that the CLI will repeat. */
export interface ApiRetry {
  attempt?: number;
  maxRetries?: number;
  retryDelayMs?: number;
  errorStatus?: number;
  error?: string;
}

/** What the API reported about the account's rate limit. */
export interface RateLimit {
  status: string;
  /** Which window of the plan is used up, such as `five_hour`. */
  type?: string;
  resetsAt?: Date;
  /** The reset time as the line reports it, readable or not. */
  reportedReset?: unknown;
}

/** The token counts of one API message. */
export interface MessageUsage {
  messageId: string;
  usage: PricedUsage;
  model?: string;
  isSubAgent: boolean;
}

/** Parses one line of stdout. Never throws. */
export function parseLine(line: string): ClaudeLine {
  if (!line.startsWith('{')) return { kind: 'noise' };
  const body = asObject(parseJson(line));
  return body === undefined ? { kind: 'garbage' } : toLine(body);
}

/** Returns whether the text is a JSON value. */
export function isJson(text: string): boolean {
  return parseJson(text) !== undefined;
}

/**
 * Returns the line for an object of which only the outline is known. Its `truncated` names the keys
 * that were cut.
 */
export function parseOutline({ body, cut }: Pick<Outline, 'body' | 'cut'>): ClaudeLine {
  return toLine(cut.length > 0 ? { ...body, truncated: cut } : body);
}

function toLine(body: Record<string, unknown>): ClaudeLine {
  const type = asString(body['type']);
  if (type === undefined) return { kind: 'garbage' };
  const subtype = asString(body['subtype']);
  const uuid = asString(body['uuid']);
  return {
    kind: 'event',
    type,
    ...defined({ subtype, uuid }),
    body,
  };
}

/** Returns the facts of an init line, or null for any other line. */
export function initOf(line: ClaudeLine): Init | null {
  const body = bodyOf(line, 'system', 'init');
  if (body === null) return null;
  return {
    ...defined({
      session_id: asString(body['session_id']),
      model: asString(body['model']),
      cwd: asString(body['cwd']),
      permissionMode: asString(body['permissionMode']),
    }),
    mcp_servers: asList(body['mcp_servers']).flatMap((entry) => {
      const name = asString(asObject(entry)?.['name']);
      return name === undefined
        ? []
        : [{ name, status: asString(asObject(entry)?.['status']) ?? 'unknown' }];
    }),
  };
}

/**
 * Returns the result of a result line. Null for any other line, and for a result line that does not
 * say how the turn ended.
 */
export function resultOf(line: ClaudeLine): Result | null {
  const body = bodyOf(line, 'result');
  return body === null ? null : readResult(body);
}

/** Returns the cost of a result line, in US dollars, if the cost cannot be true; else null. */
export function absurdCostOf(line: ClaudeLine): number | null {
  const cost = bodyOf(line, 'result')?.['total_cost_usd'];
  return typeof cost === 'number' && cost > MAX_COST_USD ? cost : null;
}

/**
 * Returns whether the line is a partial: it holds only a piece of an answer, and a later line holds
 * the complete answer.
 */
export function isPartial(line: ClaudeLine): boolean {
  return bodyOf(line, 'stream_event') !== null;
}

/** Returns how many background tasks run if the line reports that number, else null. */
export function backgroundTasksOf(line: ClaudeLine): number | null {
  const body = bodyOf(line, 'system', 'background_tasks_changed');
  return body !== null && Array.isArray(body['tasks']) ? body['tasks'].length : null;
}

/** Returns the retry that an api_retry line announces, or null for any other line. */
export function apiRetryOf(line: ClaudeLine): ApiRetry | null {
  const body = bodyOf(line, 'system', 'api_retry');
  if (body === null) return null;
  return defined({
    attempt: asCount(body['attempt']),
    maxRetries: asCount(body['max_retries']),
    retryDelayMs: asCount(body['retry_delay_ms']),
    errorStatus: asCount(body['error_status']),
    error: asString(body['error']),
  });
}

/** Returns the account's rate limit if the line reports it, else null. */
export function rateLimitOf(line: ClaudeLine): RateLimit | null {
  const info = asObject(bodyOf(line, 'rate_limit_event')?.['rate_limit_info']);
  const status = asString(info?.['status']);
  if (status === undefined) return null;
  const reportedReset = info?.['resetsAt'];
  return {
    status,
    ...defined({
      type: asString(info?.['rateLimitType']),
      resetsAt: asDate(reportedReset),
      reportedReset,
    }),
  };
}

/**
 * Returns the token counts of an assistant line of the stream or the transcript, or null. Several
 * lines may share a message (docs/claude-cli.md, section 5).
 */
export function usageOf(line: ClaudeLine): MessageUsage | null {
  const body = bodyOf(line, 'assistant');
  const message = asObject(body?.['message']);
  const messageId = asString(message?.['id']);
  const usage = readUsage(message?.['usage']);
  if (messageId === undefined || usage === undefined) return null;
  const model = asString(message?.['model']);
  const cached = asObject(asObject(message?.['usage'])?.['cache_creation']);
  const hour = asCount(cached?.['ephemeral_1h_input_tokens']);
  return {
    messageId,
    usage: hour ? { ...usage, cache_creation_1h_input_tokens: hour } : usage,
    ...defined({ model }),
    isSubAgent:
      asString(body?.['parent_tool_use_id']) !== undefined || body?.['isSidechain'] === true,
  };
}

/**
 * Returns the CLI's name for an API error (`billing_error`, ...) if an assistant line reports an
 * API error, else null.
 */
export function apiErrorOf(line: ClaudeLine): string | null {
  const body = bodyOf(line, 'assistant');
  // An API error of a sub-agent ends the sub-agent, not the turn.
  if (asString(body?.['parent_tool_use_id']) !== undefined) return null;
  return asString(body?.['error']) ?? null;
}

const COMMAND_STDERR = '<local-command-stderr>';

/**
 * Returns the error message of a slash command that the CLI handled without the model, if the line reports such
 * an error; else null.
 */
export function commandErrorOf(line: ClaudeLine): string | null {
  const source = asString(bodyOf(line, 'assistant')?.['local_command_source']);
  if (!source?.startsWith(COMMAND_STDERR)) return null;
  return source.slice(COMMAND_STDERR.length).replace(/<\/local-command-stderr>$/, '');
}

function bodyOf(line: ClaudeLine, type: string, subtype?: string): Record<string, unknown> | null {
  const matches =
    line.kind === 'event' &&
    !line.isForeign &&
    line.type === type &&
    (subtype === undefined || line.subtype === subtype);
  return matches ? line.body : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the text is not JSON
  }
}
