// Tells which tool calls a line of a transcript shows, and which of them may have changed files.
import { asList, asObject, asString } from '../claude/fields.ts';

/** A tool call in a transcript. */
export interface ToolCall {
  id: string;
  name: string;
  input: Record<string, unknown>;
}

/** What a line of a transcript shows of tool calls. */
export interface ToolUse {
  calls: readonly ToolCall[];
  /** The ids of the calls whose results the line holds. */
  results: readonly string[];
  /**
   * The ids of the calls whose work in the background has ended, as the line says. The result of
   * such a call came earlier, when the work began.
   */
  ended: readonly string[];
}

const NO_TOOL_USE: ToolUse = Object.freeze({ calls: [], results: [], ended: [] });

// The CLI's own tools that change no file. Any other tool may change files: the name of an MCP
// server's tool, or of a tool of a later CLI, says nothing about its effects. TaskOutput and
// BashOutput are not in the list: the command whose output they show may have changed files.
const HARMLESS_TOOLS: ReadonlySet<string> = new Set([
  'AskUserQuestion',
  'CronList',
  'ExitPlanMode',
  'Glob',
  'Grep',
  'LS',
  'ListAgents',
  'ListMcpResourcesTool',
  'NotebookRead',
  'Read',
  'ReadMcpResourceTool',
  'ScheduleWakeup',
  'StructuredOutput',
  'TodoRead',
  'TodoWrite',
  'ToolSearch',
  'WebFetch',
  'WebSearch',
]);

/** Returns whether a call of this tool may have changed files. An unknown tool may have done so. */
export function mayChangeFiles(name: string): boolean {
  return !HARMLESS_TOOLS.has(name);
}

// A line may have megabytes, so only lines that may show a call are parsed.
const MAY_SHOW = /"tool_use"|"tool_result"|task-notification/;

/**
 * Returns what a line of a transcript shows of tool calls, or null if the line cannot be read: it is
 * no JSON object, or it is so long that only its beginning is known.
 */
export function toolUseIn(line: string): ToolUse | null {
  if (!MAY_SHOW.test(line)) return looksWhole(line) ? NO_TOOL_USE : null;
  const entry = parseObject(line);
  if (entry === null) return null;
  // Other entries, such as `api-request-blob`, hold copies of messages that the CLI does not resume.
  const isMessage = entry['type'] === 'assistant' || entry['type'] === 'user';
  const content = isMessage ? asList(asObject(entry['message'])?.['content']) : [];
  const blocks = content.map((block) => asObject(block) ?? {});
  return {
    calls: blocks.filter(isOf('tool_use')).map(callOf),
    results: blocks
      .filter(isOf('tool_result'))
      .map((block) => asString(block['tool_use_id']) ?? ''),
    ended: endedBy(entry),
  };
}

function looksWhole(line: string): boolean {
  const text = line.trim();
  return text === '' || (text.startsWith('{') && text.endsWith('}'));
}

function isOf(type: string): (block: Record<string, unknown>) => boolean {
  return (block) => block['type'] === type;
}

function callOf(block: Record<string, unknown>): ToolCall {
  return {
    id: asString(block['id']) ?? '',
    name: asString(block['name']) ?? '',
    input: asObject(block['input']) ?? {},
  };
}

// Between two turns a notification is an entry of its own, and during a turn it is an attachment.
function endedBy(entry: Record<string, unknown>): string[] {
  const isEntry = asObject(entry['origin'])?.['kind'] === 'task-notification';
  const text = JSON.stringify((isEntry ? entry['message'] : entry['attachment']) ?? '');
  const isAttached = asObject(entry['attachment'])?.['type'] === 'queued_command';
  if (!isEntry && !(isAttached && text.includes('<task-notification>'))) return [];
  const ids = [...text.matchAll(/<tool-use-id>([^<]*)<\/tool-use-id>/g)].map(([, id]) => id ?? '');
  return ids.length > 0 ? ids : [''];
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    return asObject(JSON.parse(line)) ?? null;
  } catch {
    return null;
  }
}

const SUMMARY_CHARS = 200;

// The keys of an input that say most about a call. The first of them that the input has counts.
const TELLING_KEYS = ['command', 'file_path', 'notebook_path', 'path', 'description'];

/**
 * Returns a call as one line of at most 200 characters: the tool's name, and the command, path or
 * description if its input has one. Example: `Bash: npm test`.
 */
export function summarizeCall({ name, input }: Pick<ToolCall, 'name' | 'input'>): string {
  const about = TELLING_KEYS.map((key) => asString(input[key])).find(Boolean);
  const text = about === undefined ? name : `${name}: ${about}`;
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  if (line.length <= SUMMARY_CHARS) return line;
  // A character that UTF-16 writes as two halves is not cut in the middle.
  return `${line.slice(0, SUMMARY_CHARS - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
