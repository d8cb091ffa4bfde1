// Made by `npm run schema` from the schemas of core: what the HTTP API takes and gives. Not edited by hand.

export type ErrorCode =
  | 'INVALID_REQUEST'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'SESSION_NOT_FOUND'
  | 'LIMIT_NOT_FOUND'
  | 'WEBHOOK_NOT_FOUND'
  | 'DELIVERY_NOT_FOUND'
  | 'TRANSCRIPT_NOT_FOUND'
  | 'SCHEDULE_NOT_FOUND'
  | 'PARENT_NOT_FOUND'
  | 'SESSION_NOT_TERMINAL'
  | 'SESSION_DELETED'
  | 'SESSION_TERMINAL'
  | 'PARENT_NOT_RESUMABLE'
  | 'IDEMPOTENCY_CONFLICT'
  | 'WEBHOOK_DISABLED'
  | 'PAYLOAD_TOO_LARGE'
  | 'CONTENT_ENCODING_NOT_SUPPORTED'
  | 'WORKING_DIR_NOT_ALLOWED'
  | 'WEBHOOK_URL_NOT_ALLOWED'
  | 'ENV_NOT_ALLOWED'
  | 'PERMISSION_MODE_NOT_ALLOWED'
  | 'OPTION_NOT_ALLOWED'
  | 'LIMIT_EXCEEDED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'FENCE_LOST'
  | 'INVALID_CONFIG'
  | 'WORKING_DIR_NOT_FOUND'
  | 'SECRET_NOT_OPENED'
  | 'CLAUDE_NOT_FOUND'
  | 'CLAUDE_TOO_OLD'
  | 'CLAUDE_BAD_FLAGS'
  | 'AUTHENTICATION'
  | 'BILLING'
  | 'PERMISSION'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'SERVER_ERROR'
  | 'CONNECTION'
  | 'API_INVALID_REQUEST'
  | 'MODEL_NOT_FOUND'
  | 'PROMPT_TOO_LONG'
  | 'MAX_TURNS'
  | 'BUDGET_EXCEEDED'
  | 'STRUCTURED_OUTPUT_INVALID'
  | 'REFUSED'
  | 'MAX_OUTPUT_TOKENS'
  | 'TOOL_DEFERRED'
  | 'EXECUTION_ERROR'
  | 'CONVERSATION_NOT_FOUND'
  | 'TRANSCRIPT_CORRUPT'
  | 'STARTUP_TIMEOUT'
  | 'IDLE_TIMEOUT'
  | 'WALL_CLOCK_TIMEOUT'
  | 'INTERRUPT_TIMEOUT'
  | 'CRASHED'
  | 'KILLED'
  | 'OUT_OF_MEMORY'
  | 'PROTOCOL'
  | 'NO_ANSWER'
  | 'HOST_ERROR'
  | 'PROCESS_NOT_ENDED'
  | 'STORE_UNAVAILABLE';
export type SessionStatus =
  'queued' | 'starting' | 'running' | 'completed' | 'failed' | 'cancelled';
export type UsageGroup = 'day' | 'model' | 'tag' | 'key';

export interface BulkLaunch {
  /**
   * The prompt: not of white space alone.
   */
  query: string;
  /**
   * Alias or full name of the model.
   */
  model?: string;
  /**
   * Directory of the run, inside an allowed root; absent: one for the conversation.
   */
  working_dir?: string;
  /**
   * Limit of agentic turns for this session.
   */
  max_turns?: number;
  system_prompt?: string;
  append_system_prompt?: string;
  /**
   * Appended to the appended system prompt.
   */
  custom_instructions?: string;
  /**
   * MCP tool that is asked, mcp__server__tool.
   */
  permission_prompt_tool?: string;
  /**
   * At most 100 KiB of JSON in all.
   */
  allowed_tools?: string[];
  /**
   * At most 100 KiB of JSON in all.
   */
  disallowed_tools?: string[];
  mcp_config?: MCPConfig;
  /**
   * Kept as asked; the worker always has the CLI print stream-json, as hld did.
   */
  output_format?: 'text' | 'json' | 'stream-json';
  /**
   * Kept as asked; stream-json in print mode is always verbose.
   */
  verbose?: boolean;
  /**
   * @maxItems 64
   */
  additional_directories?: string[];
  /**
   * Whether the answer is streamed while it grows; such lines are not stored.
   */
  include_partial_messages?: boolean;
  /**
   * Whether a prompt that begins with a slash may be a slash command of the CLI; default true. With false it is text, and the model sees a space before it.
   */
  slash_commands?: boolean;
  permission_mode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
  /**
   * US dollars for this session.
   */
  max_budget_usd?: number;
  /**
   * Models to fall back to, separated by commas.
   */
  fallback_model?: string;
  /**
   * JSON Schema (draft 7) of the answer, which result.structured_output then holds. At most 100 KiB. Claude Code takes no later draft: from zod, convert with the target draft-7.
   */
  json_schema?: {
    [k: string]: unknown;
  };
  /**
   * Claude Code's own settings.
   */
  settings?: {
    [k: string]: unknown;
  };
  /**
   * Which settings are read beside `settings`: `project` and `local` are files of the repository, with its hooks, skills and CLAUDE.md; `[]`: none. At most what the operator allows, whose choice holds where it is absent.
   *
   * @maxItems 3
   */
  setting_sources?: ('user' | 'project' | 'local')[];
  /**
   * Whether the MCP servers of `mcp_config` alone are started, and none of a `.mcp.json`. Absent: as the operator says.
   */
  strict_mcp_config?: boolean;
  /**
   * Environment of the run. Secret: values are never shown again.
   */
  env?: {
    [k: string]: string;
  };
  timeouts?: {
    /**
     * Until the first event of the CLI.
     */
    startup_ms?: number;
    /**
     * Between two lines, also while the session waits for background tasks or wake-ups after a result line.
     */
    idle_ms?: number;
    /**
     * One attempt in all.
     */
    wall_clock_ms?: number;
    /**
     * From the last result line to the end of the process, once no background task or wake-up is pending.
     */
    exit_ms?: number;
  };
  recovery?: {
    /**
     * After a crash: resume the transcript (default), restart, or fail.
     */
    on_crash?: 'resume' | 'restart' | 'fail';
    /**
     * Crashes it survives; default 3.
     */
    max_crashes?: number;
    /**
     * Retries after a retryable failure; default 3. Crashes and hand-backs cost none.
     */
    max_retries?: number;
  };
  /**
   * Shown to people.
   */
  title?: string;
  /**
   * Lists filter by them.
   *
   * @maxItems 32
   */
  tags?: string[];
  /**
   * The caller's own JSON, given back as it is. At most 16 KiB.
   */
  metadata?: {
    [k: string]: unknown;
  };
  /**
   * 0, the default, comes first; then lower before higher.
   */
  priority?: number;
  /**
   * Not run before so many milliseconds from now; at most 366 days.
   */
  delay_ms?: number;
  /**
   * How often it is tried in all where its failure is retryable: recovery.max_retries + 1. Not beside that one.
   */
  attempts?: number;
  /**
   * Sessions of one key run at most `concurrency_limit` at once, first come first served.
   */
  concurrency_key?: string;
  /**
   * How many sessions of its key may be under way when this one joins them; default 1.
   */
  concurrency_limit?: number;
  /**
   * Where it would go over a limit of its API key or of one of its tags: refuse it (default), or let it wait for room (`waiting_for: budget`).
   */
  on_limit?: 'reject' | 'wait';
  /**
   * Not run before this time; at most 366 days ahead. Not beside delay_ms.
   */
  run_at?: string;
  /**
   * The same key and the same request: the same session, for as long as it is kept.
   */
  idempotency_key?: string;
}
export interface MCPConfig {
  mcpServers: {
    [k: string]:
      | {
          type?: 'stdio';
          /**
           * Program to start on the worker.
           */
          command: string;
          args?: string[];
          /**
           * Secret: never shown again.
           */
          env?: {
            [k: string]: string;
          };
        }
      | {
          type: 'http' | 'sse';
          url: string;
          /**
           * Secret: never shown again.
           */
          headers?: {
            [k: string]: string;
          };
        };
  };
}
export interface ContinueRequest {
  /**
   * The prompt: not of white space alone.
   */
  query: string;
  model?: string | null;
  working_dir?: string | null;
  max_turns?: number | null;
  system_prompt?: string | null;
  append_system_prompt?: string | null;
  custom_instructions?: string | null;
  permission_prompt_tool?: string | null;
  allowed_tools?: string[] | null;
  disallowed_tools?: string[] | null;
  mcp_config?: MCPConfig | null;
  output_format?: ('text' | 'json' | 'stream-json') | null;
  verbose?: boolean | null;
  additional_directories?: string[] | null;
  include_partial_messages?: boolean | null;
  slash_commands?: boolean | null;
  permission_mode?:
    ('acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan') | null;
  max_budget_usd?: number | null;
  fallback_model?: string | null;
  json_schema?: {
    [k: string]: unknown;
  } | null;
  settings?: {
    [k: string]: unknown;
  } | null;
  setting_sources?: ('user' | 'project' | 'local')[] | null;
  strict_mcp_config?: boolean | null;
  env?: {
    [k: string]: string;
  } | null;
  timeouts?: {
    /**
     * Until the first event of the CLI.
     */
    startup_ms?: number;
    /**
     * Between two lines, also while the session waits for background tasks or wake-ups after a result line.
     */
    idle_ms?: number;
    /**
     * One attempt in all.
     */
    wall_clock_ms?: number;
    /**
     * From the last result line to the end of the process, once no background task or wake-up is pending.
     */
    exit_ms?: number;
  } | null;
  recovery?: {
    /**
     * After a crash: resume the transcript (default), restart, or fail.
     */
    on_crash?: 'resume' | 'restart' | 'fail';
    /**
     * Crashes it survives; default 3.
     */
    max_crashes?: number;
    /**
     * Retries after a retryable failure; default 3. Crashes and hand-backs cost none.
     */
    max_retries?: number;
  } | null;
  /**
   * Shown to people.
   */
  title?: string;
  /**
   * Lists filter by them.
   *
   * @maxItems 32
   */
  tags?: string[];
  /**
   * The caller's own JSON, given back as it is. At most 16 KiB.
   */
  metadata?: {
    [k: string]: unknown;
  };
  /**
   * 0, the default, comes first; then lower before higher.
   */
  priority?: number;
  /**
   * Not run before so many milliseconds from now; at most 366 days.
   */
  delay_ms?: number;
  /**
   * How often it is tried in all where its failure is retryable: recovery.max_retries + 1. Not beside that one.
   */
  attempts?: number;
  /**
   * Sessions of one key run at most `concurrency_limit` at once, first come first served.
   */
  concurrency_key?: string;
  /**
   * How many sessions of its key may be under way when this one joins them; default 1.
   */
  concurrency_limit?: number;
  /**
   * Where it would go over a limit of its API key or of one of its tags: refuse it (default), or let it wait for room (`waiting_for: budget`).
   */
  on_limit?: 'reject' | 'wait';
  /**
   * Not run before this time; at most 366 days ahead. Not beside delay_ms.
   */
  run_at?: string;
  /**
   * While the session to continue has not ended: reject (default), wait for its end, or interrupt it and wait.
   */
  on_busy?: 'reject' | 'enqueue' | 'interrupt';
}
export interface Event {
  seq: number;
  attempt: number;
  type: string;
  subtype?: string;
  created_at: string;
  raw: string;
  raw_bytes?: number;
}
export interface Failure {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  attempt: number;
  at: string;
  field?: string;
  api_error_status?: number;
  exit_code?: number;
  signal?: string;
  stderr_tail?: string;
  /**
   * The end of what the CLI printed beside events, where stderr is empty.
   */
  stdout_tail?: string;
  retry_at?: string;
}
export interface Info {
  id: string;
  run_id: string;
  kind: 'launch' | 'continue';
  status: SessionStatus;
  start_time: string;
  end_time?: string;
  error?: string;
  query: string;
  model?: string;
  result?: Result;
  /**
   * Why the model stopped, as the API names it: `end_turn`, `max_tokens` (the answer is cut), `refusal`, ...
   */
  stop_reason?: string;
  parent_session_id?: string;
  /**
   * The schedule that launched it.
   */
  schedule_id?: string;
  /**
   * The API key whose holder asked for it.
   */
  api_key_id?: string;
  root_session_id: string;
  /**
   * Claude's id of the conversation: the root's id, until a /clear begins another.
   */
  claude_session_id?: string;
  created_at: string;
  updated_at: string;
  /**
   * When its first attempt began.
   */
  started_at?: string;
  title?: string;
  tags?: string[];
  metadata?: {
    [k: string]: unknown;
  };
  priority: number;
  /**
   * The number of the last attempt; 0 before the first.
   */
  attempt: number;
  /**
   * The worker of the last attempt.
   */
  worker_id?: string;
  /**
   * Attempts that their host kept from starting; absent where there was none.
   */
  host_failures?: number;
  last_event_seq: number;
  totals: Totals;
  failure?: Failure;
  not_before?: string;
  /**
   * budget: a limit of its API key or of one of its tags is reached. parent: the session that it continues has not ended. concurrency_key: as many sessions of its key as may are under way.
   */
  waiting_for?: 'budget' | 'parent' | 'concurrency_key';
  concurrency_key?: string;
  concurrency_limit?: number;
  stopped_by?: 'interrupt';
  /**
   * Whether it can be continued.
   */
  resumable: boolean;
  /**
   * Redacted; only where it was asked for.
   */
  config?: SessionConfig;
}
export interface Result {
  type: 'result';
  subtype: string;
  is_error: boolean;
  session_id?: string;
  duration_ms?: number;
  duration_api_ms?: number;
  num_turns?: number;
  result?: string;
  error?: string;
  errors?: string[];
  cost_usd?: number;
  total_cost?: number;
  total_cost_usd?: number;
  usage?: {
    input_tokens?: number;
    output_tokens?: number;
    cache_creation_input_tokens?: number;
    cache_read_input_tokens?: number;
  };
  modelUsage?: {
    [k: string]: {
      inputTokens?: number;
      outputTokens?: number;
      cacheReadInputTokens?: number;
      cacheCreationInputTokens?: number;
      webSearchRequests?: number;
      costUSD?: number;
      contextWindow?: number;
    };
  };
  permission_denials?: unknown[];
  structured_output?: unknown;
  /**
   * The tool call that was put off until somebody decides it.
   */
  deferred_tool_use?: {
    [k: string]: unknown;
  };
  api_error_status?: number | null;
  terminal_reason?: string | null;
  /**
   * Why the model stopped, as the API names it.
   */
  stop_reason?: string | null;
  /**
   * The slash command that the CLI answered by itself, without a turn.
   */
  local_command?: string;
  uuid?: string;
  /**
   * Keys that Baton cut or left out for size; the events hold the CLI's line.
   */
  truncated?: string[];
}
export interface Totals {
  cost_usd: number;
  /**
   * How much of cost_usd is estimated from tokens and list prices, for processes that ended, or run, without having told their cost.
   */
  cost_estimated_usd?: number;
  /**
   * Tokens that no cost stands for: their model has no price in the table.
   */
  unpriced_tokens?: number;
  num_turns: number;
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  duration_api_ms: number;
}
export interface SessionConfig {
  /**
   * The prompt: not of white space alone.
   */
  query: string;
  /**
   * Alias or full name of the model.
   */
  model?: string;
  /**
   * Directory of the run, inside an allowed root; absent: one for the conversation.
   */
  working_dir?: string;
  /**
   * Limit of agentic turns for this session.
   */
  max_turns?: number;
  system_prompt?: string;
  append_system_prompt?: string;
  /**
   * Appended to the appended system prompt.
   */
  custom_instructions?: string;
  /**
   * MCP tool that is asked, mcp__server__tool.
   */
  permission_prompt_tool?: string;
  /**
   * At most 100 KiB of JSON in all.
   */
  allowed_tools?: string[];
  /**
   * At most 100 KiB of JSON in all.
   */
  disallowed_tools?: string[];
  mcp_config?: MCPConfig;
  /**
   * Kept as asked; the worker always has the CLI print stream-json, as hld did.
   */
  output_format?: 'text' | 'json' | 'stream-json';
  /**
   * Kept as asked; stream-json in print mode is always verbose.
   */
  verbose?: boolean;
  /**
   * @maxItems 64
   */
  additional_directories?: string[];
  /**
   * Whether the answer is streamed while it grows; such lines are not stored.
   */
  include_partial_messages?: boolean;
  /**
   * Whether a prompt that begins with a slash may be a slash command of the CLI; default true. With false it is text, and the model sees a space before it.
   */
  slash_commands?: boolean;
  permission_mode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
  /**
   * US dollars for this session.
   */
  max_budget_usd?: number;
  /**
   * Models to fall back to, separated by commas.
   */
  fallback_model?: string;
  /**
   * JSON Schema (draft 7) of the answer, which result.structured_output then holds. At most 100 KiB. Claude Code takes no later draft: from zod, convert with the target draft-7.
   */
  json_schema?: {
    [k: string]: unknown;
  };
  /**
   * Claude Code's own settings.
   */
  settings?: {
    [k: string]: unknown;
  };
  /**
   * Which settings are read beside `settings`: `project` and `local` are files of the repository, with its hooks, skills and CLAUDE.md; `[]`: none. At most what the operator allows, whose choice holds where it is absent.
   *
   * @maxItems 3
   */
  setting_sources?: ('user' | 'project' | 'local')[];
  /**
   * Whether the MCP servers of `mcp_config` alone are started, and none of a `.mcp.json`. Absent: as the operator says.
   */
  strict_mcp_config?: boolean;
  /**
   * Environment of the run. Secret: values are never shown again.
   */
  env?: {
    [k: string]: string;
  };
  timeouts?: {
    /**
     * Until the first event of the CLI.
     */
    startup_ms?: number;
    /**
     * Between two lines, also while the session waits for background tasks or wake-ups after a result line.
     */
    idle_ms?: number;
    /**
     * One attempt in all.
     */
    wall_clock_ms?: number;
    /**
     * From the last result line to the end of the process, once no background task or wake-up is pending.
     */
    exit_ms?: number;
  };
  recovery?: {
    /**
     * After a crash: resume the transcript (default), restart, or fail.
     */
    on_crash?: 'resume' | 'restart' | 'fail';
    /**
     * Crashes it survives; default 3.
     */
    max_crashes?: number;
    /**
     * Retries after a retryable failure; default 3. Crashes and hand-backs cost none.
     */
    max_retries?: number;
  };
}
export interface LaunchRequest {
  /**
   * The prompt: not of white space alone.
   */
  query: string;
  /**
   * Alias or full name of the model.
   */
  model?: string;
  /**
   * Directory of the run, inside an allowed root; absent: one for the conversation.
   */
  working_dir?: string;
  /**
   * Limit of agentic turns for this session.
   */
  max_turns?: number;
  system_prompt?: string;
  append_system_prompt?: string;
  /**
   * Appended to the appended system prompt.
   */
  custom_instructions?: string;
  /**
   * MCP tool that is asked, mcp__server__tool.
   */
  permission_prompt_tool?: string;
  /**
   * At most 100 KiB of JSON in all.
   */
  allowed_tools?: string[];
  /**
   * At most 100 KiB of JSON in all.
   */
  disallowed_tools?: string[];
  mcp_config?: MCPConfig;
  /**
   * Kept as asked; the worker always has the CLI print stream-json, as hld did.
   */
  output_format?: 'text' | 'json' | 'stream-json';
  /**
   * Kept as asked; stream-json in print mode is always verbose.
   */
  verbose?: boolean;
  /**
   * @maxItems 64
   */
  additional_directories?: string[];
  /**
   * Whether the answer is streamed while it grows; such lines are not stored.
   */
  include_partial_messages?: boolean;
  /**
   * Whether a prompt that begins with a slash may be a slash command of the CLI; default true. With false it is text, and the model sees a space before it.
   */
  slash_commands?: boolean;
  permission_mode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
  /**
   * US dollars for this session.
   */
  max_budget_usd?: number;
  /**
   * Models to fall back to, separated by commas.
   */
  fallback_model?: string;
  /**
   * JSON Schema (draft 7) of the answer, which result.structured_output then holds. At most 100 KiB. Claude Code takes no later draft: from zod, convert with the target draft-7.
   */
  json_schema?: {
    [k: string]: unknown;
  };
  /**
   * Claude Code's own settings.
   */
  settings?: {
    [k: string]: unknown;
  };
  /**
   * Which settings are read beside `settings`: `project` and `local` are files of the repository, with its hooks, skills and CLAUDE.md; `[]`: none. At most what the operator allows, whose choice holds where it is absent.
   *
   * @maxItems 3
   */
  setting_sources?: ('user' | 'project' | 'local')[];
  /**
   * Whether the MCP servers of `mcp_config` alone are started, and none of a `.mcp.json`. Absent: as the operator says.
   */
  strict_mcp_config?: boolean;
  /**
   * Environment of the run. Secret: values are never shown again.
   */
  env?: {
    [k: string]: string;
  };
  timeouts?: {
    /**
     * Until the first event of the CLI.
     */
    startup_ms?: number;
    /**
     * Between two lines, also while the session waits for background tasks or wake-ups after a result line.
     */
    idle_ms?: number;
    /**
     * One attempt in all.
     */
    wall_clock_ms?: number;
    /**
     * From the last result line to the end of the process, once no background task or wake-up is pending.
     */
    exit_ms?: number;
  };
  recovery?: {
    /**
     * After a crash: resume the transcript (default), restart, or fail.
     */
    on_crash?: 'resume' | 'restart' | 'fail';
    /**
     * Crashes it survives; default 3.
     */
    max_crashes?: number;
    /**
     * Retries after a retryable failure; default 3. Crashes and hand-backs cost none.
     */
    max_retries?: number;
  };
  /**
   * Shown to people.
   */
  title?: string;
  /**
   * Lists filter by them.
   *
   * @maxItems 32
   */
  tags?: string[];
  /**
   * The caller's own JSON, given back as it is. At most 16 KiB.
   */
  metadata?: {
    [k: string]: unknown;
  };
  /**
   * 0, the default, comes first; then lower before higher.
   */
  priority?: number;
  /**
   * Not run before so many milliseconds from now; at most 366 days.
   */
  delay_ms?: number;
  /**
   * How often it is tried in all where its failure is retryable: recovery.max_retries + 1. Not beside that one.
   */
  attempts?: number;
  /**
   * Sessions of one key run at most `concurrency_limit` at once, first come first served.
   */
  concurrency_key?: string;
  /**
   * How many sessions of its key may be under way when this one joins them; default 1.
   */
  concurrency_limit?: number;
  /**
   * Where it would go over a limit of its API key or of one of its tags: refuse it (default), or let it wait for room (`waiting_for: budget`).
   */
  on_limit?: 'reject' | 'wait';
  /**
   * Not run before this time; at most 366 days ahead. Not beside delay_ms.
   */
  run_at?: string;
}
export interface NewSchedule {
  /**
   * Shown to people.
   */
  title?: string;
  /**
   * Five fields, or six with seconds before them; or a nickname such as @daily. Fixed times only: H is refused. A time that the clocks skip is due right after the gap; one that they show twice is due once, or twice where the hour is * or a step. Not beside every_ms.
   */
  cron?: string;
  /**
   * Of the cron expression; default UTC.
   */
  timezone?: string;
  /**
   * Milliseconds between firings, counted from when this was set.
   */
  every_ms?: number;
  /**
   * When the last session has not ended: skip launches nothing; enqueue lets the new one wait behind it.
   */
  overlap?: 'skip' | 'enqueue';
  /**
   * false: it does not fire.
   */
  enabled?: boolean;
  launch: ScheduledLaunch;
}
export interface ScheduledLaunch {
  /**
   * The prompt: not of white space alone.
   */
  query: string;
  /**
   * Alias or full name of the model.
   */
  model?: string;
  /**
   * Directory of the run, inside an allowed root; absent: one for the conversation.
   */
  working_dir?: string;
  /**
   * Limit of agentic turns for this session.
   */
  max_turns?: number;
  system_prompt?: string;
  append_system_prompt?: string;
  /**
   * Appended to the appended system prompt.
   */
  custom_instructions?: string;
  /**
   * MCP tool that is asked, mcp__server__tool.
   */
  permission_prompt_tool?: string;
  /**
   * At most 100 KiB of JSON in all.
   */
  allowed_tools?: string[];
  /**
   * At most 100 KiB of JSON in all.
   */
  disallowed_tools?: string[];
  mcp_config?: MCPConfig;
  /**
   * Kept as asked; the worker always has the CLI print stream-json, as hld did.
   */
  output_format?: 'text' | 'json' | 'stream-json';
  /**
   * Kept as asked; stream-json in print mode is always verbose.
   */
  verbose?: boolean;
  /**
   * @maxItems 64
   */
  additional_directories?: string[];
  /**
   * Whether the answer is streamed while it grows; such lines are not stored.
   */
  include_partial_messages?: boolean;
  /**
   * Whether a prompt that begins with a slash may be a slash command of the CLI; default true. With false it is text, and the model sees a space before it.
   */
  slash_commands?: boolean;
  permission_mode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
  /**
   * US dollars for this session.
   */
  max_budget_usd?: number;
  /**
   * Models to fall back to, separated by commas.
   */
  fallback_model?: string;
  /**
   * JSON Schema (draft 7) of the answer, which result.structured_output then holds. At most 100 KiB. Claude Code takes no later draft: from zod, convert with the target draft-7.
   */
  json_schema?: {
    [k: string]: unknown;
  };
  /**
   * Claude Code's own settings.
   */
  settings?: {
    [k: string]: unknown;
  };
  /**
   * Which settings are read beside `settings`: `project` and `local` are files of the repository, with its hooks, skills and CLAUDE.md; `[]`: none. At most what the operator allows, whose choice holds where it is absent.
   *
   * @maxItems 3
   */
  setting_sources?: ('user' | 'project' | 'local')[];
  /**
   * Whether the MCP servers of `mcp_config` alone are started, and none of a `.mcp.json`. Absent: as the operator says.
   */
  strict_mcp_config?: boolean;
  /**
   * Environment of the run. Secret: values are never shown again.
   */
  env?: {
    [k: string]: string;
  };
  timeouts?: {
    /**
     * Until the first event of the CLI.
     */
    startup_ms?: number;
    /**
     * Between two lines, also while the session waits for background tasks or wake-ups after a result line.
     */
    idle_ms?: number;
    /**
     * One attempt in all.
     */
    wall_clock_ms?: number;
    /**
     * From the last result line to the end of the process, once no background task or wake-up is pending.
     */
    exit_ms?: number;
  };
  recovery?: {
    /**
     * After a crash: resume the transcript (default), restart, or fail.
     */
    on_crash?: 'resume' | 'restart' | 'fail';
    /**
     * Crashes it survives; default 3.
     */
    max_crashes?: number;
    /**
     * Retries after a retryable failure; default 3. Crashes and hand-backs cost none.
     */
    max_retries?: number;
  };
  /**
   * Shown to people.
   */
  title?: string;
  /**
   * Lists filter by them.
   *
   * @maxItems 32
   */
  tags?: string[];
  /**
   * The caller's own JSON, given back as it is. At most 16 KiB.
   */
  metadata?: {
    [k: string]: unknown;
  };
  /**
   * 0, the default, comes first; then lower before higher.
   */
  priority?: number;
  /**
   * Not run before so many milliseconds from now; at most 366 days.
   */
  delay_ms?: number;
  /**
   * How often it is tried in all where its failure is retryable: recovery.max_retries + 1. Not beside that one.
   */
  attempts?: number;
  /**
   * Sessions of one key run at most `concurrency_limit` at once, first come first served.
   */
  concurrency_key?: string;
  /**
   * How many sessions of its key may be under way when this one joins them; default 1.
   */
  concurrency_limit?: number;
  /**
   * Where it would go over a limit of its API key or of one of its tags: refuse it (default), or let it wait for room (`waiting_for: budget`).
   */
  on_limit?: 'reject' | 'wait';
}
export interface Schedule {
  id: string;
  title?: string;
  cron?: string;
  timezone?: string;
  every_ms?: number;
  overlap: 'skip' | 'enqueue';
  enabled: boolean;
  /**
   * Redacted.
   */
  launch: ScheduledLaunch;
  /**
   * Absent while it is disabled.
   */
  next_run_at?: string;
  /**
   * The time of the last firing that launched a session.
   */
  last_fired_at?: string;
  last_session_id?: string;
  /**
   * The time of the last firing that was skipped.
   */
  last_skipped_at?: string;
  /**
   * Why the last firing launched nothing although it should have.
   */
  last_error?: {
    code: ErrorCode;
    message: string;
    at: string;
  };
  created_at: string;
  updated_at: string;
}
export interface ScheduleChanges {
  title?: string | null;
  /**
   * Five fields, or six with seconds before them; or a nickname such as @daily. Fixed times only: H is refused. A time that the clocks skip is due right after the gap; one that they show twice is due once, or twice where the hour is * or a step. Not beside every_ms.
   */
  cron?: string;
  /**
   * Of the cron expression; default UTC.
   */
  timezone?: string;
  /**
   * Milliseconds between firings, counted from when this was set.
   */
  every_ms?: number;
  /**
   * When the last session has not ended: skip launches nothing; enqueue lets the new one wait behind it.
   */
  overlap?: 'skip' | 'enqueue';
  /**
   * false: it does not fire.
   */
  enabled?: boolean;
  /**
   * Replaces the whole launch.
   */
  launch?: ScheduledLaunch;
}
export interface Spending {
  sessions: number;
  cost_usd: number;
  /**
   * How much of cost_usd is estimated from tokens.
   */
  cost_estimated_usd: number;
  /**
   * Tokens that no cost stands for.
   */
  unpriced_tokens: number;
  num_turns: number;
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}
export interface StatusChange {
  id: string;
  root_session_id: string;
  parent_session_id?: string;
  status: SessionStatus;
  last_event_seq: number;
  /**
   * Shown to people.
   */
  title?: string;
  /**
   * Lists filter by them.
   *
   * @maxItems 32
   */
  tags?: string[];
  at: string;
}
