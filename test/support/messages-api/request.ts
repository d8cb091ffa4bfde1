import type { IncomingHttpHeaders } from 'node:http';

/** One content block of a message, in a request or in a reply. */
export type Block =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'tool_use'; id: string; name: string; input: unknown }
  | { type: 'tool_result'; tool_use_id: string; content: unknown; is_error?: boolean };

/** The parts of a request body that a script may look at. */
export interface MessagesBody {
  model: string;
  stream?: boolean;
  max_tokens?: number;
  system?: string | { type: string; text: string }[];
  messages: { role: string; content: string | Block[] }[];
  tools?: { name?: string; type?: string }[];
  output_config?: Record<string, unknown>;
  thinking?: Record<string, unknown>;
}

/** One call of POST /v1/messages, as a script gets it. */
export interface MessagesRequest {
  body: MessagesBody;
  headers: IncomingHttpHeaders;
  /** The id of the Claude session, from a header that the CLI sends. */
  sessionId: string | undefined;
  /** All prompts of the history in order, without the CLI's `<system-reminder>` texts. */
  prompts: string[];
  /** The last of `prompts`, or the empty string. */
  prompt: string;
  /** The tool results of the last user message, as texts. */
  toolResults: string[];
  /** Whether the last user message reports the end of a background task. */
  notified: boolean;
  /** Whether a sub-agent made the call. */
  fromSubAgent: boolean;
}

/** Converts a raw request into the form that a script gets. */
export function readRequest(headers: IncomingHttpHeaders, body: MessagesBody): MessagesRequest {
  const prompts = body.messages.filter((m) => m.role === 'user').flatMap(promptsOf);
  const last = body.messages.findLast((m) => m.role === 'user');
  return {
    body,
    headers,
    sessionId: one(headers['x-claude-code-session-id']),
    prompts,
    prompt: prompts.at(-1) ?? '',
    toolResults: last === undefined ? [] : toolResultsOf(last),
    notified: JSON.stringify(last?.content ?? '').includes('<task-notification>'),
    fromSubAgent: headers['x-claude-code-agent-id'] !== undefined,
  };
}

/** Returns whether the CLI made the call for itself (titles, summaries, checks). Such calls have no tools. */
export function isSideCall(body: MessagesBody): boolean {
  return (body.tools ?? []).length === 0;
}

function promptsOf(message: MessagesBody['messages'][number]): string[] {
  const texts =
    typeof message.content === 'string'
      ? [message.content]
      : message.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  return texts.filter((text) => !text.startsWith('<system-reminder>')).map((text) => text.trim());
}

function toolResultsOf(message: MessagesBody['messages'][number]): string[] {
  if (typeof message.content === 'string') return [];
  return message.content.flatMap((block) =>
    block.type === 'tool_result' ? [asText(block.content)] : [],
  );
}

function asText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return JSON.stringify(content);
  return content.map((part) => part?.text ?? JSON.stringify(part)).join('\n');
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
