// The lines that the claude CLI prints, as the `raw` of an event holds them. The CLI may add keys
// at any time, so each type keeps unknown keys. parseLine checks every key that is not optional
// here.

interface Line {
  session_id?: string;
  uuid?: string;
  [key: string]: unknown;
}

/**
 * A block of a message. `type` says which keys it has: `text` has `text`, `thinking` has
 * `thinking`, `tool_use` has `id`, `name` and `input`, `tool_result` has `tool_use_id`, `content`
 * and `is_error`.
 */
export interface ContentBlock {
  type: string;
  text?: string;
  thinking?: string;
  id?: string;
  name?: string;
  input?: unknown;
  tool_use_id?: string;
  content?: string | ContentBlock[];
  is_error?: boolean;
  [key: string]: unknown;
}

/** The first line of each turn. */
export interface InitLine extends Line {
  type: 'system';
  subtype: 'init';
  model: string;
  cwd?: string;
  tools?: string[];
  mcp_servers?: { name: string; status: string }[];
  permissionMode?: string;
  claude_code_version?: string;
}

/**
 * A block or several blocks of an answer. Lines with the same `message.id` belong to one answer.
 */
export interface AssistantLine extends Line {
  type: 'assistant';
  message: {
    content: ContentBlock[];
    id?: string;
    model?: string;
    stop_reason?: string | null;
    usage?: { [key: string]: unknown };
    [key: string]: unknown;
  };
  /** The call of the sub-agent that this line belongs to; null for the main agent. */
  parent_tool_use_id?: string | null;
}

/** A line of the user's side: the results of tools, or a text of the CLI. */
export interface UserLine extends Line {
  type: 'user';
  message: { content: string | ContentBlock[]; [key: string]: unknown };
  parent_tool_use_id?: string | null;
}

/** The prompt of a session, which Baton writes because the CLI does not print it. */
export interface PromptLine extends UserLine {
  subtype: 'prompt';
}

/** A message to the session, at the place where a turn took it. Its `uuid` is the message's id. */
export interface MessageLine extends UserLine {
  subtype: 'message';
}

/** The last line of each turn. Only `is_error` says whether the turn failed. */
export interface ResultLine extends Line {
  type: 'result';
  subtype: string;
  is_error: boolean;
  result?: string;
  structured_output?: unknown;
  num_turns?: number;
  total_cost_usd?: number;
  duration_ms?: number;
  usage?: { [key: string]: unknown };
  stop_reason?: string | null;
  terminal_reason?: string;
  permission_denials?: { tool_name: string; tool_use_id: string; tool_input?: unknown }[];
  errors?: string[];
}

/** A part of an answer that grows, as the Messages API streamed it. */
export interface StreamEventLine extends Line {
  type: 'stream_event';
  event: {
    type: string;
    index?: number;
    delta?: { type?: string; text?: string; [key: string]: unknown };
    [key: string]: unknown;
  };
  parent_tool_use_id?: string | null;
}

/** The CLI calls the API again after an error. */
export interface ApiRetryLine extends Line {
  type: 'system';
  subtype: 'api_retry';
  attempt: number;
  max_retries: number;
  retry_delay_ms: number;
  error_status?: number | null;
  error?: string;
}

/** The CLI has replaced the conversation so far by a summary. */
export interface CompactBoundaryLine extends Line {
  type: 'system';
  subtype: 'compact_boundary';
  compact_metadata?: { trigger?: string; pre_tokens?: number; [key: string]: unknown };
}

/** A background task has begun, changed or ended. */
export interface TaskLine extends Line {
  type: 'system';
  subtype: 'task_started' | 'task_progress' | 'task_updated' | 'task_notification';
  task_id: string;
  tool_use_id?: string;
  description?: string;
  status?: string;
  summary?: string;
  patch?: { [key: string]: unknown };
}

/** The background tasks that run now. */
export interface BackgroundTasksLine extends Line {
  type: 'system';
  subtype: 'background_tasks_changed';
  tasks: { task_id: string; description?: string; [key: string]: unknown }[];
}

/** The CLI has denied a call of a tool. */
export interface PermissionDeniedLine extends Line {
  type: 'system';
  subtype: 'permission_denied';
  tool_name: string;
  tool_use_id?: string;
  message?: string;
}

/** A line of any other kind. */
export interface OtherLine extends Line {
  type?: unknown;
  subtype?: unknown;
}

/**
 * A parsed line. Switch on `kind`. `other` is a line of a kind that this client does not know.
 * `unparsed` is a line that Baton cut because it is longer than 1 MiB, or a text that is no JSON
 * object.
 */
export type ParsedLine =
  | { kind: 'init'; line: InitLine }
  | { kind: 'prompt'; line: PromptLine }
  | { kind: 'message'; line: MessageLine }
  | { kind: 'user'; line: UserLine }
  | { kind: 'assistant'; line: AssistantLine }
  | { kind: 'result'; line: ResultLine }
  | { kind: 'stream_event'; line: StreamEventLine }
  | { kind: 'api_retry'; line: ApiRetryLine }
  | { kind: 'compact_boundary'; line: CompactBoundaryLine }
  | { kind: 'task'; line: TaskLine }
  | { kind: 'background_tasks'; line: BackgroundTasksLine }
  | { kind: 'permission_denied'; line: PermissionDeniedLine }
  | { kind: 'other'; line: OtherLine }
  | { kind: 'unparsed'; raw: string };
