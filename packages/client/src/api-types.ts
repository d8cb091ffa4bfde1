// Made by `npm run schema` from the schemas of core: the requests and answers of the HTTP API. Do not edit it.

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
  | 'EVENT_NOT_FOUND'
  | 'MESSAGE_NOT_FOUND'
  | 'FILE_NOT_FOUND'
  | 'WORKSPACE_NOT_CAPTURED'
  | 'WORKSPACE_FILE_NOT_FOUND'
  | 'PARENT_NOT_FOUND'
  | 'SESSION_NOT_TERMINAL'
  | 'SESSION_DELETED'
  | 'SESSION_TERMINAL'
  | 'MESSAGE_NOT_QUEUED'
  | 'PARENT_NOT_RESUMABLE'
  | 'SESSION_NOT_RERUNNABLE'
  | 'EVENT_NOT_IN_TRANSCRIPT'
  | 'IDEMPOTENCY_CONFLICT'
  | 'WEBHOOK_DISABLED'
  | 'PAYLOAD_TOO_LARGE'
  | 'CONTENT_ENCODING_NOT_SUPPORTED'
  | 'WORKING_DIR_NOT_ALLOWED'
  | 'WEBHOOK_URL_NOT_ALLOWED'
  | 'ENV_NOT_ALLOWED'
  | 'PERMISSION_MODE_NOT_ALLOWED'
  | 'OPTION_NOT_ALLOWED'
  | 'REPOSITORY_NOT_ALLOWED'
  | 'FILE_PATH_NOT_ALLOWED'
  | 'CONTENT_TYPE_NOT_SUPPORTED'
  | 'FILE_IN_USE'
  | 'CONVERSATION_KEY_NOT_SUPPORTED'
  | 'LIMIT_EXCEEDED'
  | 'TOO_MANY_MESSAGES'
  | 'WORKER_OUTDATED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'CAPACITY_EXCEEDED'
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
  | 'WORKSPACE_CORRUPT'
  | 'WORKSPACE_TOO_LARGE'
  | 'REPOSITORY_NOT_FOUND'
  | 'REPOSITORY_AUTH'
  | 'REF_NOT_FOUND'
  | 'REPOSITORY_UNAVAILABLE'
  | 'REPOSITORY_PUSH_REJECTED'
  | 'WORKSPACE_SETUP_FAILED'
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
   * The prompt: a text with visible characters. Either `query` or `content` is required.
   */
  query?: string;
  /**
   * 1 to 64 blocks, in order: texts, pictures and documents. All files together may have at most 23 MB. A text of `content` is never a slash command.
   *
   * @minItems 1
   * @maxItems 64
   */
  content?: (
    | {
        type: 'text';
        text: string;
      }
    | {
        /**
         * A picture: PNG, JPEG, GIF or WebP.
         */
        type: 'image';
        source:
          | {
              type: 'base64';
              /**
               * The bytes in base64, without line breaks.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'file';
              /**
               * The id of an uploaded file.
               */
              file_id: string;
            };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
    | {
        /**
         * A PDF, or plain text in UTF-8.
         */
        type: 'document';
        source:
          | {
              type: 'text';
              /**
               * The plain text.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'base64';
              /**
               * The bytes in base64, without line breaks.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'file';
              /**
               * The id of an uploaded file.
               */
              file_id: string;
            };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
  )[];
  /**
   * Alias or full name of the model.
   */
  model?: string;
  /**
   * Directory in which the session runs; it must lie inside an allowed root. Default: a directory of the conversation.
   */
  working_dir?: string;
  /**
   * What the session works in. `managed`, the default: a directory of the conversation that Baton keeps, so its files follow the conversation to any host. `git`: the same, and it begins as a clone of a repository. `path`: a directory of the host, whose files do not travel.
   */
  workspace?:
    | {
        type: 'managed';
        /**
         * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
         *
         * @maxItems 64
         */
        include?: string[];
      }
    | {
        type: 'path';
        /**
         * Directory in which the session runs; it must lie inside an allowed root. It means the same as `working_dir`.
         */
        path: string;
      }
    | {
        type: 'git';
        /**
         * URL of the repository: https or ssh, without a password. The operator can limit the choice.
         */
        url: string;
        /**
         * Branch, tag or commit to begin with. Default: the default branch of the repository.
         */
        ref?: string;
        /**
         * How many commits of the history the clone has; 0 means all. Default: 1.
         */
        depth?: number;
        /**
         * Whether submodules are cloned too, each under the same rules. Default: false.
         */
        submodules?: boolean;
        /**
         * Directory of the repository in which Claude Code starts. Default: its root.
         */
        subdirectory?: string;
        /**
         * Shell commands that run in the directory before Claude Code starts: after the clone, and again after a restore on another host, so they must be repeatable. They have the environment of the session, but no git credentials.
         *
         * @maxItems 32
         */
        setup?: string[];
        /**
         * Once the session completes, Baton commits what changed and pushes the commit to this branch. Default: nothing is pushed.
         */
        push?: {
          /**
           * Branch to push to, without `refs/heads/`; the operator limits the choice, by default to `baton/*`.
           */
          branch: string;
          /**
           * Message of the commit. Default: the session's title, else a line with its id.
           */
          message?: string;
          /**
           * Author of the commit. Default: the operator's GIT_AUTHOR.
           */
          author?: {
            name: string;
            email: string;
          };
        };
        /**
         * Secrets with which Baton reaches the repository; only git processes of Baton get them. Default: the operator's own, if there are some for this host.
         */
        credentials?: {
          /**
           * User name for https. Default: `x-access-token`, which is right for tokens.
           */
          username?: string;
          /**
           * Password or token for https. The value is secret.
           */
          password?: string;
          /**
           * Private key for ssh, unencrypted. The value is secret.
           */
          ssh_key?: string;
          /**
           * Lines of a known_hosts file with the server's public keys. Default: the operator's own.
           */
          ssh_known_hosts?: string;
        };
        /**
         * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
         *
         * @maxItems 64
         */
        include?: string[];
      };
  /**
   * Uploaded files that are put into the session's directory before Claude Code starts, at most 100. A file that is there already is replaced. A continue never inherits them.
   *
   * @maxItems 100
   */
  files?: {
    /**
     * The id of a file from POST /v1/files.
     */
    file_id: string;
    /**
     * Where the file is put: a relative path in the session's directory, with `/` between names. No `..`, no `.git`.
     */
    path: string;
  }[];
  /**
   * Maximum number of agentic turns of this session.
   */
  max_turns?: number;
  /**
   * Replaces the system prompt of the CLI.
   */
  system_prompt?: string;
  /**
   * Text that is added after the system prompt.
   */
  append_system_prompt?: string;
  /**
   * Text that is added after `append_system_prompt`.
   */
  custom_instructions?: string;
  /**
   * MCP tool that decides on permissions, as `mcp__server__tool`.
   */
  permission_prompt_tool?: string;
  /**
   * Tools that need no permission; at most 100 KiB of JSON.
   */
  allowed_tools?: string[];
  /**
   * Tools that the session may not use; at most 100 KiB of JSON.
   */
  disallowed_tools?: string[];
  mcp_config?: MCPConfig;
  /**
   * Stored but without effect: the worker always runs the CLI with stream-json.
   */
  output_format?: 'text' | 'json' | 'stream-json';
  /**
   * Stored but without effect: stream-json in print mode is always verbose.
   */
  verbose?: boolean;
  /**
   * More directories that the session may use; each must lie inside an allowed root.
   *
   * @maxItems 64
   */
  additional_directories?: string[];
  /**
   * Whether readers receive an answer in parts while the model writes it. Baton does not store the parts.
   */
  include_partial_messages?: boolean;
  /**
   * Whether a prompt that begins with a slash may run a slash command of the CLI; default true. With `false` the prompt is plain text, and the model sees a space before it.
   */
  slash_commands?: boolean;
  /**
   * Permission mode of the CLI; the operator limits the choice.
   */
  permission_mode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
  /**
   * Maximum cost of this session in US dollars.
   */
  max_budget_usd?: number;
  /**
   * Models that the CLI falls back to, separated by commas.
   */
  fallback_model?: string;
  /**
   * JSON Schema (draft 7) of the answer, at most 100 KiB. `result.structured_output` holds the answer. Claude Code accepts no later draft; a schema made with zod needs the target `draft-7`.
   */
  json_schema?: {
    [k: string]: unknown;
  };
  /**
   * Settings of Claude Code, as in a settings file.
   */
  settings?: {
    [k: string]: unknown;
  };
  /**
   * Settings files that the CLI reads in addition to `settings`; `[]` means none. `project` and `local` are files of the repository and bring its hooks, skills and CLAUDE.md. The operator limits the choice and sets the default.
   *
   * @maxItems 3
   */
  setting_sources?: ('user' | 'project' | 'local')[];
  /**
   * Whether the CLI starts only the MCP servers of `mcp_config` and ignores a `.mcp.json`. Default: the operator's choice.
   */
  strict_mcp_config?: boolean;
  /**
   * Environment variables of the session. The values are secret: Baton never returns them.
   */
  env?: {
    [k: string]: string;
  };
  timeouts?: {
    /**
     * How long the setup commands of the workspace may take together, in milliseconds.
     */
    setup_ms?: number;
    /**
     * How long the CLI may take to print its first event, in milliseconds.
     */
    startup_ms?: number;
    /**
     * How long the CLI may print nothing, in milliseconds. This also limits the wait for background tasks and wake-ups after a result line.
     */
    idle_ms?: number;
    /**
     * How long one attempt may take in total, in milliseconds.
     */
    wall_clock_ms?: number;
    /**
     * How long the CLI may take to exit after its last result line, in milliseconds. The time starts once no background task or wake-up is pending.
     */
    exit_ms?: number;
  };
  recovery?: {
    /**
     * What Baton does after the worker of the session died: `resume` from the transcript (default), `restart` from the beginning, or `fail`.
     */
    on_crash?: 'resume' | 'restart' | 'fail';
    /**
     * How many times the worker may die before the session fails; default 3.
     */
    max_crashes?: number;
    /**
     * How many times Baton retries the session after a retryable failure; default 3. Crashes and hand-backs do not count as retries.
     */
    max_retries?: number;
  };
  /**
   * Built-in tools that exist in the session; `[]` means none, `["default"]` all. Tools of MCP servers are not affected. `allowed_tools` says which of them need no permission. At most 100 KiB of JSON.
   */
  tools?: string[];
  /**
   * Agents by name: sub-agents that the model may use, and `agent` may choose one.
   */
  agents?: {
    [k: string]: {
      /**
       * When the model should use the agent.
       */
      description: string;
      /**
       * System prompt of the agent.
       */
      prompt: string;
      /**
       * Tools that the agent has. Default: those of the session.
       *
       * @maxItems 512
       */
      tools?: string[];
      /**
       * Tools that the agent does not have.
       *
       * @maxItems 512
       */
      disallowedTools?: string[];
      /**
       * Alias or full name of the model, or `inherit` for the model of the session.
       */
      model?: string;
      /**
       * Reasoning effort of the agent.
       */
      effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
      /**
       * Permission mode of the agent as a sub-agent; the operator limits the choice. It has no effect on the agent of the session itself.
       */
      permissionMode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
      /**
       * MCP servers that only this agent has: the name of a server of `mcp_config`, or an object of one server by its name. The operator limits their commands as in `mcp_config`.
       *
       * @maxItems 64
       */
      mcpServers?: (
        | string
        | {
            [k: string]:
              | {
                  type?: 'stdio';
                  /**
                   * Command that starts the server on the worker.
                   */
                  command: string;
                  args?: string[];
                  /**
                   * Environment of the server. The values are secret: Baton never returns them.
                   */
                  env?: {
                    [k: string]: string;
                  };
                  /**
                   * How long one call of a tool of this server may take, in milliseconds.
                   */
                  timeout?: number;
                  /**
                   * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                   */
                  alwaysLoad?: boolean;
                }
              | {
                  type: 'http' | 'sse';
                  url: string;
                  /**
                   * HTTP headers of each request. The values are secret: Baton never returns them.
                   */
                  headers?: {
                    [k: string]: string;
                  };
                  /**
                   * How long one call of a tool of this server may take, in milliseconds.
                   */
                  timeout?: number;
                  /**
                   * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                   */
                  alwaysLoad?: boolean;
                  /**
                   * Policy for each tool, by the name that the server gives it. `blocked`: the session does not have the tool. `ask`: each call needs an approval, in every permission mode and even if `allowed_tools` names the tool. `allow`: nothing changes.
                   */
                  toolPermissions?: {
                    [k: string]: 'allow' | 'ask' | 'blocked';
                  };
                };
          }
      )[];
      /**
       * Hooks that run while the agent works, as `hooks` in `settings`; the operator limits them in the same way.
       */
      hooks?: {
        [k: string]: unknown;
      };
      /**
       * Maximum number of turns of the agent.
       */
      maxTurns?: number;
      /**
       * Skills that the agent has in its context from the start.
       *
       * @maxItems 512
       */
      skills?: string[];
      /**
       * Whether the session works on while the agent works.
       */
      background?: boolean;
      /**
       * Whether the agent works without the `CLAUDE.md` files.
       */
      omitClaudeMd?: boolean;
      /**
       * The agent works in a git worktree of its own.
       */
      isolation?: 'worktree';
      /**
       * Number of tokens at which the agent compacts its own conversation.
       */
      autoCompactWindow?: number;
    };
  };
  /**
   * Agent that the session itself runs as: a name in `agents`, of a plugin, of the repository or of the CLI. The CLI ignores a name that it does not find. `system_prompt` replaces the prompt of the agent.
   */
  agent?: string;
  /**
   * Reasoning effort of the session. Default: the operator's or the model's.
   */
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  /**
   * Maximum number of thinking tokens of one answer; 0 means no thinking. Only models with a fixed thinking budget heed it; use `effort` with all other models.
   */
  max_thinking_tokens?: number;
  /**
   * Number of tokens that the API tells the model to complete its task with.
   */
  task_budget?: number;
  /**
   * Beta headers of requests to the API. The CLI sends only those that it knows and ignores all others; an account with an API key is needed.
   *
   * @maxItems 16
   */
  betas?: string[];
  /**
   * Directories of plugins on the worker, each inside a directory that the operator allows. A plugin can bring hooks, MCP servers, agents, skills and commands.
   *
   * @maxItems 32
   */
  plugins?: string[];
  /**
   * Text that is added after the system prompt of every sub-agent.
   */
  append_subagent_system_prompt?: string;
  /**
   * Whether the events contain what sub-agents write and think, not only their calls.
   */
  forward_subagent_text?: boolean;
  /**
   * Whether the events contain the start and the end of every hook.
   */
  include_hook_events?: boolean;
  /**
   * Whether the system prompt leaves out what differs between hosts, so that hosts share a prompt cache. It has no effect together with `system_prompt`.
   */
  exclude_dynamic_system_prompt_sections?: boolean;
  /**
   * Title for human readers.
   */
  title?: string;
  /**
   * Tags by which lists of sessions can be filtered.
   *
   * @maxItems 32
   */
  tags?: string[];
  /**
   * JSON of the caller, at most 16 KiB. Baton returns it unchanged.
   */
  metadata?: {
    [k: string]: unknown;
  };
  /**
   * 0 (default) runs first, then lower numbers before higher ones.
   */
  priority?: number;
  /**
   * Milliseconds to wait before the session may run; at most 366 days.
   */
  delay_ms?: number;
  /**
   * How many times Baton tries the session in total if its failures are retryable. This is `recovery.max_retries` + 1, and only one of the two may be set.
   */
  attempts?: number;
  /**
   * At most `concurrency_limit` sessions with the same key are in progress at once. The others wait in order of arrival.
   */
  concurrency_key?: string;
  /**
   * How many sessions with the same key, this one included, may be in progress when this one starts; default 1.
   */
  concurrency_limit?: number;
  /**
   * What Baton does if the session would exceed a limit of its API key or of one of its tags. `reject` (default) refuses the request; `wait` accepts it, and the session waits until the limit has room (`waiting_for: budget`).
   */
  on_limit?: 'reject' | 'wait';
  /**
   * Time before which the session does not run, at most 366 days ahead. It cannot be used together with `delay_ms`.
   */
  run_at?: string;
  /**
   * Names a conversation of the caller. The first launch with a key begins the conversation. Each later launch continues its newest session, and inherits the keys of the config that it leaves out. Baton keeps the keys of different tenants apart.
   */
  conversation_key?: string;
  /**
   * Only beside `conversation_key`: what the launch does if the newest session of the conversation has not ended. `enqueue` (default) waits for it, `interrupt` interrupts it and then waits for it, `reject` refuses the launch, `message` sends the query into it as a message.
   */
  on_busy?: 'reject' | 'enqueue' | 'interrupt' | 'message';
  /**
   * Key chosen by the caller. The same key with the same request returns the same session, as long as Baton keeps that session.
   */
  idempotency_key?: string;
}
export interface MCPConfig {
  mcpServers: {
    [k: string]:
      | {
          type?: 'stdio';
          /**
           * Command that starts the server on the worker.
           */
          command: string;
          args?: string[];
          /**
           * Environment of the server. The values are secret: Baton never returns them.
           */
          env?: {
            [k: string]: string;
          };
          /**
           * How long one call of a tool of this server may take, in milliseconds.
           */
          timeout?: number;
          /**
           * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
           */
          alwaysLoad?: boolean;
        }
      | {
          type: 'http' | 'sse';
          url: string;
          /**
           * HTTP headers of each request. The values are secret: Baton never returns them.
           */
          headers?: {
            [k: string]: string;
          };
          /**
           * How long one call of a tool of this server may take, in milliseconds.
           */
          timeout?: number;
          /**
           * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
           */
          alwaysLoad?: boolean;
          /**
           * Policy for each tool, by the name that the server gives it. `blocked`: the session does not have the tool. `ask`: each call needs an approval, in every permission mode and even if `allowed_tools` names the tool. `allow`: nothing changes.
           */
          toolPermissions?: {
            [k: string]: 'allow' | 'ask' | 'blocked';
          };
        };
  };
}
export interface CancelSelection {
  /**
   * The sessions to cancel, at most 1,000.
   *
   * @minItems 1
   * @maxItems 1000
   */
  ids?: string[];
  /**
   * Cancels the sessions with this tag that have not ended and were not asked to cancel yet: the newest 1,000.
   */
  tag?: string;
}
export interface ContinueRequest {
  /**
   * The prompt: a text with visible characters. Either `query` or `content` is required.
   */
  query?: string;
  /**
   * 1 to 64 blocks, in order: texts, pictures and documents. All files together may have at most 23 MB. A text of `content` is never a slash command.
   *
   * @minItems 1
   * @maxItems 64
   */
  content?: (
    | {
        type: 'text';
        text: string;
      }
    | {
        /**
         * A picture: PNG, JPEG, GIF or WebP.
         */
        type: 'image';
        source:
          | {
              type: 'base64';
              /**
               * The bytes in base64, without line breaks.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'file';
              /**
               * The id of an uploaded file.
               */
              file_id: string;
            };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
    | {
        /**
         * A PDF, or plain text in UTF-8.
         */
        type: 'document';
        source:
          | {
              type: 'text';
              /**
               * The plain text.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'base64';
              /**
               * The bytes in base64, without line breaks.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'file';
              /**
               * The id of an uploaded file.
               */
              file_id: string;
            };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
  )[];
  model?: string | null;
  working_dir?: string | null;
  workspace?:
    | (
        | {
            type: 'managed';
            /**
             * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
             *
             * @maxItems 64
             */
            include?: string[];
          }
        | {
            type: 'path';
            /**
             * Directory in which the session runs; it must lie inside an allowed root. It means the same as `working_dir`.
             */
            path: string;
          }
        | {
            type: 'git';
            /**
             * URL of the repository: https or ssh, without a password. The operator can limit the choice.
             */
            url: string;
            /**
             * Branch, tag or commit to begin with. Default: the default branch of the repository.
             */
            ref?: string;
            /**
             * How many commits of the history the clone has; 0 means all. Default: 1.
             */
            depth?: number;
            /**
             * Whether submodules are cloned too, each under the same rules. Default: false.
             */
            submodules?: boolean;
            /**
             * Directory of the repository in which Claude Code starts. Default: its root.
             */
            subdirectory?: string;
            /**
             * Shell commands that run in the directory before Claude Code starts: after the clone, and again after a restore on another host, so they must be repeatable. They have the environment of the session, but no git credentials.
             *
             * @maxItems 32
             */
            setup?: string[];
            /**
             * Once the session completes, Baton commits what changed and pushes the commit to this branch. Default: nothing is pushed.
             */
            push?: {
              /**
               * Branch to push to, without `refs/heads/`; the operator limits the choice, by default to `baton/*`.
               */
              branch: string;
              /**
               * Message of the commit. Default: the session's title, else a line with its id.
               */
              message?: string;
              /**
               * Author of the commit. Default: the operator's GIT_AUTHOR.
               */
              author?: {
                name: string;
                email: string;
              };
            };
            /**
             * Secrets with which Baton reaches the repository; only git processes of Baton get them. Default: the operator's own, if there are some for this host.
             */
            credentials?: {
              /**
               * User name for https. Default: `x-access-token`, which is right for tokens.
               */
              username?: string;
              /**
               * Password or token for https. The value is secret.
               */
              password?: string;
              /**
               * Private key for ssh, unencrypted. The value is secret.
               */
              ssh_key?: string;
              /**
               * Lines of a known_hosts file with the server's public keys. Default: the operator's own.
               */
              ssh_known_hosts?: string;
            };
            /**
             * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
             *
             * @maxItems 64
             */
            include?: string[];
          }
      )
    | null;
  files?:
    | {
        /**
         * The id of a file from POST /v1/files.
         */
        file_id: string;
        /**
         * Where the file is put: a relative path in the session's directory, with `/` between names. No `..`, no `.git`.
         */
        path: string;
      }[]
    | null;
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
     * How long the setup commands of the workspace may take together, in milliseconds.
     */
    setup_ms?: number;
    /**
     * How long the CLI may take to print its first event, in milliseconds.
     */
    startup_ms?: number;
    /**
     * How long the CLI may print nothing, in milliseconds. This also limits the wait for background tasks and wake-ups after a result line.
     */
    idle_ms?: number;
    /**
     * How long one attempt may take in total, in milliseconds.
     */
    wall_clock_ms?: number;
    /**
     * How long the CLI may take to exit after its last result line, in milliseconds. The time starts once no background task or wake-up is pending.
     */
    exit_ms?: number;
  } | null;
  recovery?: {
    /**
     * What Baton does after the worker of the session died: `resume` from the transcript (default), `restart` from the beginning, or `fail`.
     */
    on_crash?: 'resume' | 'restart' | 'fail';
    /**
     * How many times the worker may die before the session fails; default 3.
     */
    max_crashes?: number;
    /**
     * How many times Baton retries the session after a retryable failure; default 3. Crashes and hand-backs do not count as retries.
     */
    max_retries?: number;
  } | null;
  tools?: string[] | null;
  agents?: {
    [k: string]: {
      /**
       * When the model should use the agent.
       */
      description: string;
      /**
       * System prompt of the agent.
       */
      prompt: string;
      /**
       * Tools that the agent has. Default: those of the session.
       *
       * @maxItems 512
       */
      tools?: string[];
      /**
       * Tools that the agent does not have.
       *
       * @maxItems 512
       */
      disallowedTools?: string[];
      /**
       * Alias or full name of the model, or `inherit` for the model of the session.
       */
      model?: string;
      /**
       * Reasoning effort of the agent.
       */
      effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
      /**
       * Permission mode of the agent as a sub-agent; the operator limits the choice. It has no effect on the agent of the session itself.
       */
      permissionMode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
      /**
       * MCP servers that only this agent has: the name of a server of `mcp_config`, or an object of one server by its name. The operator limits their commands as in `mcp_config`.
       *
       * @maxItems 64
       */
      mcpServers?: (
        | string
        | {
            [k: string]:
              | {
                  type?: 'stdio';
                  /**
                   * Command that starts the server on the worker.
                   */
                  command: string;
                  args?: string[];
                  /**
                   * Environment of the server. The values are secret: Baton never returns them.
                   */
                  env?: {
                    [k: string]: string;
                  };
                  /**
                   * How long one call of a tool of this server may take, in milliseconds.
                   */
                  timeout?: number;
                  /**
                   * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                   */
                  alwaysLoad?: boolean;
                }
              | {
                  type: 'http' | 'sse';
                  url: string;
                  /**
                   * HTTP headers of each request. The values are secret: Baton never returns them.
                   */
                  headers?: {
                    [k: string]: string;
                  };
                  /**
                   * How long one call of a tool of this server may take, in milliseconds.
                   */
                  timeout?: number;
                  /**
                   * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                   */
                  alwaysLoad?: boolean;
                  /**
                   * Policy for each tool, by the name that the server gives it. `blocked`: the session does not have the tool. `ask`: each call needs an approval, in every permission mode and even if `allowed_tools` names the tool. `allow`: nothing changes.
                   */
                  toolPermissions?: {
                    [k: string]: 'allow' | 'ask' | 'blocked';
                  };
                };
          }
      )[];
      /**
       * Hooks that run while the agent works, as `hooks` in `settings`; the operator limits them in the same way.
       */
      hooks?: {
        [k: string]: unknown;
      };
      /**
       * Maximum number of turns of the agent.
       */
      maxTurns?: number;
      /**
       * Skills that the agent has in its context from the start.
       *
       * @maxItems 512
       */
      skills?: string[];
      /**
       * Whether the session works on while the agent works.
       */
      background?: boolean;
      /**
       * Whether the agent works without the `CLAUDE.md` files.
       */
      omitClaudeMd?: boolean;
      /**
       * The agent works in a git worktree of its own.
       */
      isolation?: 'worktree';
      /**
       * Number of tokens at which the agent compacts its own conversation.
       */
      autoCompactWindow?: number;
    };
  } | null;
  agent?: string | null;
  effort?: ('low' | 'medium' | 'high' | 'xhigh' | 'max') | null;
  max_thinking_tokens?: number | null;
  task_budget?: number | null;
  betas?: string[] | null;
  plugins?: string[] | null;
  append_subagent_system_prompt?: string | null;
  forward_subagent_text?: boolean | null;
  include_hook_events?: boolean | null;
  exclude_dynamic_system_prompt_sections?: boolean | null;
  /**
   * Title for human readers.
   */
  title?: string;
  /**
   * Tags by which lists of sessions can be filtered.
   *
   * @maxItems 32
   */
  tags?: string[];
  /**
   * JSON of the caller, at most 16 KiB. Baton returns it unchanged.
   */
  metadata?: {
    [k: string]: unknown;
  };
  /**
   * 0 (default) runs first, then lower numbers before higher ones.
   */
  priority?: number;
  /**
   * Milliseconds to wait before the session may run; at most 366 days.
   */
  delay_ms?: number;
  /**
   * How many times Baton tries the session in total if its failures are retryable. This is `recovery.max_retries` + 1, and only one of the two may be set.
   */
  attempts?: number;
  /**
   * At most `concurrency_limit` sessions with the same key are in progress at once. The others wait in order of arrival.
   */
  concurrency_key?: string;
  /**
   * How many sessions with the same key, this one included, may be in progress when this one starts; default 1.
   */
  concurrency_limit?: number;
  /**
   * What Baton does if the session would exceed a limit of its API key or of one of its tags. `reject` (default) refuses the request; `wait` accepts it, and the session waits until the limit has room (`waiting_for: budget`).
   */
  on_limit?: 'reject' | 'wait';
  /**
   * Time before which the session does not run, at most 366 days ahead. It cannot be used together with `delay_ms`.
   */
  run_at?: string;
  /**
   * What the continue does if its parent has not ended: `reject` (default) refuses it, `enqueue` waits for the parent, `interrupt` interrupts the parent and then waits for it.
   */
  on_busy?: 'reject' | 'enqueue' | 'interrupt';
  /**
   * Continues after this event of the parent (its `seq`), as if nothing had come after it. It must be an `assistant` or `user` event of the parent itself, with a `uuid`. Default: the end of the parent.
   */
  at?: number;
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
   * The last output of the CLI other than events, if stderr was empty.
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
   * Why the model stopped, in the words of the API: `end_turn`, `max_tokens` (the answer is cut), `refusal`, ...
   */
  stop_reason?: string;
  parent_session_id?: string;
  /**
   * The event of the parent after which the session continues, if it is not the last.
   */
  continues_at?: number;
  /**
   * The session whose config this session runs again.
   */
  rerun_of?: string;
  /**
   * Schedule that launched the session.
   */
  schedule_id?: string;
  /**
   * API key that requested the session.
   */
  api_key_id?: string;
  root_session_id: string;
  /**
   * The key by which callers name the conversation.
   */
  conversation_key?: string;
  /**
   * Claude's id of the conversation: the root's id, until a /clear begins a new one.
   */
  claude_session_id?: string;
  created_at: string;
  updated_at: string;
  /**
   * When the first attempt began.
   */
  started_at?: string;
  title?: string;
  tags?: string[];
  metadata?: {
    [k: string]: unknown;
  };
  priority: number;
  /**
   * Number of the last attempt; 0 before the first.
   */
  attempt: number;
  /**
   * Worker of the last attempt.
   */
  worker_id?: string;
  /**
   * Number of attempts that a host kept from starting; absent if there were none.
   */
  host_failures?: number;
  last_event_seq: number;
  /**
   * What the session works in; absent until its first attempt.
   */
  workspace?: {
    /**
     * `managed`: a directory that Baton keeps. `path`: a directory of the host, which does not travel.
     */
    type: 'managed' | 'path';
    /**
     * Absolute path of the directory on the worker's host.
     */
    path: string;
    /**
     * Whether the files follow the session to another host.
     */
    portable: boolean;
    /**
     * Why the files do not travel; absent if they do.
     */
    reason?: 'path' | 'capture_off' | 'no_git' | 'too_large' | 'capture_failed' | 'not_captured';
    /**
     * When the newest capture was taken.
     */
    captured_at?: string;
    /**
     * Number of files in the newest capture.
     */
    files?: number;
    /**
     * Size of the files in the newest capture, in bytes.
     */
    bytes?: number;
    /**
     * Number of entries that the newest capture does not hold.
     */
    left_out?: number;
    /**
     * Bytes that the captures of this session itself take in the database. The captures of its ancestors count there.
     */
    stored_bytes?: number;
    /**
     * What the clone of the conversation began from; every continue inherits it.
     */
    base?: {
      /**
       * URL of the repository, without credentials.
       */
      url: string;
      /**
       * The branch, tag or commit that was asked for, or the default branch.
       */
      ref: string;
      /**
       * The commit of the repository.
       */
      commit: string;
    };
    /**
     * The newest commit that the conversation pushed; absent before the first.
     */
    push?: {
      branch: string;
      commit: string;
      /**
       * Absent until the server has the commit.
       */
      pushed_at?: string;
    };
  };
  totals: Totals;
  failure?: Failure;
  not_before?: string;
  /**
   * What the session waits for. `budget`: a limit of its API key or of one of its tags is reached. `parent`: the session that it continues has not ended. `concurrency_key`: too many sessions with its key are in progress.
   */
  waiting_for?: 'budget' | 'parent' | 'concurrency_key';
  concurrency_key?: string;
  concurrency_limit?: number;
  stopped_by?: 'interrupt';
  /**
   * Number of messages that the session still has to deliver; absent if there are none.
   */
  queued_messages?: number;
  /**
   * Ids of the messages that the session had not delivered when it ended; absent if there are none.
   */
  undelivered_messages?: string[];
  /**
   * Whether the session can be continued.
   */
  resumable: boolean;
  /**
   * The config with secrets redacted; present only if the query includes it.
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
   * The tool call that a hook deferred until somebody decides on it.
   */
  deferred_tool_use?: {
    [k: string]: unknown;
  };
  api_error_status?: number | null;
  terminal_reason?: string | null;
  /**
   * Why the model stopped, in the words of the API.
   */
  stop_reason?: string | null;
  /**
   * The slash command that the CLI answered without a turn of the model.
   */
  local_command?: string;
  uuid?: string;
  /**
   * Keys that Baton shortened or left out because of their size. The event has them in full.
   */
  truncated?: string[];
}
export interface Totals {
  cost_usd: number;
  /**
   * Part of `cost_usd` that is estimated from tokens and list prices, because a process ended or still runs without having reported its cost.
   */
  cost_estimated_usd?: number;
  /**
   * Tokens without a cost, because their model has no price in the table.
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
   * The prompt. It must contain visible text.
   */
  query: string;
  /**
   * The prompt as blocks: texts, pictures and documents, in order.
   *
   * @minItems 1
   * @maxItems 64
   */
  content?: (
    | {
        type: 'text';
        text: string;
      }
    | {
        type: 'image';
        source: {
          type: 'file';
          /**
           * The id of an uploaded file.
           */
          file_id: string;
        };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
    | {
        type: 'document';
        source: {
          type: 'file';
          /**
           * The id of an uploaded file.
           */
          file_id: string;
        };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
  )[];
  /**
   * Alias or full name of the model.
   */
  model?: string;
  /**
   * Directory in which the session runs; it must lie inside an allowed root. Default: a directory of the conversation.
   */
  working_dir?: string;
  /**
   * What the session works in. `managed`, the default: a directory of the conversation that Baton keeps, so its files follow the conversation to any host. `git`: the same, and it begins as a clone of a repository. `path`: a directory of the host, whose files do not travel.
   */
  workspace?:
    | {
        type: 'managed';
        /**
         * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
         *
         * @maxItems 64
         */
        include?: string[];
      }
    | {
        type: 'path';
        /**
         * Directory in which the session runs; it must lie inside an allowed root. It means the same as `working_dir`.
         */
        path: string;
      }
    | {
        type: 'git';
        /**
         * URL of the repository: https or ssh, without a password. The operator can limit the choice.
         */
        url: string;
        /**
         * Branch, tag or commit to begin with. Default: the default branch of the repository.
         */
        ref?: string;
        /**
         * How many commits of the history the clone has; 0 means all. Default: 1.
         */
        depth?: number;
        /**
         * Whether submodules are cloned too, each under the same rules. Default: false.
         */
        submodules?: boolean;
        /**
         * Directory of the repository in which Claude Code starts. Default: its root.
         */
        subdirectory?: string;
        /**
         * Shell commands that run in the directory before Claude Code starts: after the clone, and again after a restore on another host, so they must be repeatable. They have the environment of the session, but no git credentials.
         *
         * @maxItems 32
         */
        setup?: string[];
        /**
         * Once the session completes, Baton commits what changed and pushes the commit to this branch. Default: nothing is pushed.
         */
        push?: {
          /**
           * Branch to push to, without `refs/heads/`; the operator limits the choice, by default to `baton/*`.
           */
          branch: string;
          /**
           * Message of the commit. Default: the session's title, else a line with its id.
           */
          message?: string;
          /**
           * Author of the commit. Default: the operator's GIT_AUTHOR.
           */
          author?: {
            name: string;
            email: string;
          };
        };
        /**
         * Secrets with which Baton reaches the repository; only git processes of Baton get them. Default: the operator's own, if there are some for this host.
         */
        credentials?: {
          /**
           * User name for https. Default: `x-access-token`, which is right for tokens.
           */
          username?: string;
          /**
           * Password or token for https. The value is secret.
           */
          password?: string;
          /**
           * Private key for ssh, unencrypted. The value is secret.
           */
          ssh_key?: string;
          /**
           * Lines of a known_hosts file with the server's public keys. Default: the operator's own.
           */
          ssh_known_hosts?: string;
        };
        /**
         * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
         *
         * @maxItems 64
         */
        include?: string[];
      };
  /**
   * Uploaded files that are put into the session's directory before Claude Code starts, at most 100. A file that is there already is replaced. A continue never inherits them.
   *
   * @maxItems 100
   */
  files?: {
    /**
     * The id of a file from POST /v1/files.
     */
    file_id: string;
    /**
     * Where the file is put: a relative path in the session's directory, with `/` between names. No `..`, no `.git`.
     */
    path: string;
  }[];
  /**
   * Maximum number of agentic turns of this session.
   */
  max_turns?: number;
  /**
   * Replaces the system prompt of the CLI.
   */
  system_prompt?: string;
  /**
   * Text that is added after the system prompt.
   */
  append_system_prompt?: string;
  /**
   * Text that is added after `append_system_prompt`.
   */
  custom_instructions?: string;
  /**
   * MCP tool that decides on permissions, as `mcp__server__tool`.
   */
  permission_prompt_tool?: string;
  /**
   * Tools that need no permission; at most 100 KiB of JSON.
   */
  allowed_tools?: string[];
  /**
   * Tools that the session may not use; at most 100 KiB of JSON.
   */
  disallowed_tools?: string[];
  mcp_config?: MCPConfig;
  /**
   * Stored but without effect: the worker always runs the CLI with stream-json.
   */
  output_format?: 'text' | 'json' | 'stream-json';
  /**
   * Stored but without effect: stream-json in print mode is always verbose.
   */
  verbose?: boolean;
  /**
   * More directories that the session may use; each must lie inside an allowed root.
   *
   * @maxItems 64
   */
  additional_directories?: string[];
  /**
   * Whether readers receive an answer in parts while the model writes it. Baton does not store the parts.
   */
  include_partial_messages?: boolean;
  /**
   * Whether a prompt that begins with a slash may run a slash command of the CLI; default true. With `false` the prompt is plain text, and the model sees a space before it.
   */
  slash_commands?: boolean;
  /**
   * Permission mode of the CLI; the operator limits the choice.
   */
  permission_mode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
  /**
   * Maximum cost of this session in US dollars.
   */
  max_budget_usd?: number;
  /**
   * Models that the CLI falls back to, separated by commas.
   */
  fallback_model?: string;
  /**
   * JSON Schema (draft 7) of the answer, at most 100 KiB. `result.structured_output` holds the answer. Claude Code accepts no later draft; a schema made with zod needs the target `draft-7`.
   */
  json_schema?: {
    [k: string]: unknown;
  };
  /**
   * Settings of Claude Code, as in a settings file.
   */
  settings?: {
    [k: string]: unknown;
  };
  /**
   * Settings files that the CLI reads in addition to `settings`; `[]` means none. `project` and `local` are files of the repository and bring its hooks, skills and CLAUDE.md. The operator limits the choice and sets the default.
   *
   * @maxItems 3
   */
  setting_sources?: ('user' | 'project' | 'local')[];
  /**
   * Whether the CLI starts only the MCP servers of `mcp_config` and ignores a `.mcp.json`. Default: the operator's choice.
   */
  strict_mcp_config?: boolean;
  /**
   * Environment variables of the session. The values are secret: Baton never returns them.
   */
  env?: {
    [k: string]: string;
  };
  timeouts?: {
    /**
     * How long the setup commands of the workspace may take together, in milliseconds.
     */
    setup_ms?: number;
    /**
     * How long the CLI may take to print its first event, in milliseconds.
     */
    startup_ms?: number;
    /**
     * How long the CLI may print nothing, in milliseconds. This also limits the wait for background tasks and wake-ups after a result line.
     */
    idle_ms?: number;
    /**
     * How long one attempt may take in total, in milliseconds.
     */
    wall_clock_ms?: number;
    /**
     * How long the CLI may take to exit after its last result line, in milliseconds. The time starts once no background task or wake-up is pending.
     */
    exit_ms?: number;
  };
  recovery?: {
    /**
     * What Baton does after the worker of the session died: `resume` from the transcript (default), `restart` from the beginning, or `fail`.
     */
    on_crash?: 'resume' | 'restart' | 'fail';
    /**
     * How many times the worker may die before the session fails; default 3.
     */
    max_crashes?: number;
    /**
     * How many times Baton retries the session after a retryable failure; default 3. Crashes and hand-backs do not count as retries.
     */
    max_retries?: number;
  };
  /**
   * Built-in tools that exist in the session; `[]` means none, `["default"]` all. Tools of MCP servers are not affected. `allowed_tools` says which of them need no permission. At most 100 KiB of JSON.
   */
  tools?: string[];
  /**
   * Agents by name: sub-agents that the model may use, and `agent` may choose one.
   */
  agents?: {
    [k: string]: {
      /**
       * When the model should use the agent.
       */
      description: string;
      /**
       * System prompt of the agent.
       */
      prompt: string;
      /**
       * Tools that the agent has. Default: those of the session.
       *
       * @maxItems 512
       */
      tools?: string[];
      /**
       * Tools that the agent does not have.
       *
       * @maxItems 512
       */
      disallowedTools?: string[];
      /**
       * Alias or full name of the model, or `inherit` for the model of the session.
       */
      model?: string;
      /**
       * Reasoning effort of the agent.
       */
      effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
      /**
       * Permission mode of the agent as a sub-agent; the operator limits the choice. It has no effect on the agent of the session itself.
       */
      permissionMode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
      /**
       * MCP servers that only this agent has: the name of a server of `mcp_config`, or an object of one server by its name. The operator limits their commands as in `mcp_config`.
       *
       * @maxItems 64
       */
      mcpServers?: (
        | string
        | {
            [k: string]:
              | {
                  type?: 'stdio';
                  /**
                   * Command that starts the server on the worker.
                   */
                  command: string;
                  args?: string[];
                  /**
                   * Environment of the server. The values are secret: Baton never returns them.
                   */
                  env?: {
                    [k: string]: string;
                  };
                  /**
                   * How long one call of a tool of this server may take, in milliseconds.
                   */
                  timeout?: number;
                  /**
                   * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                   */
                  alwaysLoad?: boolean;
                }
              | {
                  type: 'http' | 'sse';
                  url: string;
                  /**
                   * HTTP headers of each request. The values are secret: Baton never returns them.
                   */
                  headers?: {
                    [k: string]: string;
                  };
                  /**
                   * How long one call of a tool of this server may take, in milliseconds.
                   */
                  timeout?: number;
                  /**
                   * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                   */
                  alwaysLoad?: boolean;
                  /**
                   * Policy for each tool, by the name that the server gives it. `blocked`: the session does not have the tool. `ask`: each call needs an approval, in every permission mode and even if `allowed_tools` names the tool. `allow`: nothing changes.
                   */
                  toolPermissions?: {
                    [k: string]: 'allow' | 'ask' | 'blocked';
                  };
                };
          }
      )[];
      /**
       * Hooks that run while the agent works, as `hooks` in `settings`; the operator limits them in the same way.
       */
      hooks?: {
        [k: string]: unknown;
      };
      /**
       * Maximum number of turns of the agent.
       */
      maxTurns?: number;
      /**
       * Skills that the agent has in its context from the start.
       *
       * @maxItems 512
       */
      skills?: string[];
      /**
       * Whether the session works on while the agent works.
       */
      background?: boolean;
      /**
       * Whether the agent works without the `CLAUDE.md` files.
       */
      omitClaudeMd?: boolean;
      /**
       * The agent works in a git worktree of its own.
       */
      isolation?: 'worktree';
      /**
       * Number of tokens at which the agent compacts its own conversation.
       */
      autoCompactWindow?: number;
    };
  };
  /**
   * Agent that the session itself runs as: a name in `agents`, of a plugin, of the repository or of the CLI. The CLI ignores a name that it does not find. `system_prompt` replaces the prompt of the agent.
   */
  agent?: string;
  /**
   * Reasoning effort of the session. Default: the operator's or the model's.
   */
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  /**
   * Maximum number of thinking tokens of one answer; 0 means no thinking. Only models with a fixed thinking budget heed it; use `effort` with all other models.
   */
  max_thinking_tokens?: number;
  /**
   * Number of tokens that the API tells the model to complete its task with.
   */
  task_budget?: number;
  /**
   * Beta headers of requests to the API. The CLI sends only those that it knows and ignores all others; an account with an API key is needed.
   *
   * @maxItems 16
   */
  betas?: string[];
  /**
   * Directories of plugins on the worker, each inside a directory that the operator allows. A plugin can bring hooks, MCP servers, agents, skills and commands.
   *
   * @maxItems 32
   */
  plugins?: string[];
  /**
   * Text that is added after the system prompt of every sub-agent.
   */
  append_subagent_system_prompt?: string;
  /**
   * Whether the events contain what sub-agents write and think, not only their calls.
   */
  forward_subagent_text?: boolean;
  /**
   * Whether the events contain the start and the end of every hook.
   */
  include_hook_events?: boolean;
  /**
   * Whether the system prompt leaves out what differs between hosts, so that hosts share a prompt cache. It has no effect together with `system_prompt`.
   */
  exclude_dynamic_system_prompt_sections?: boolean;
}
export interface LaunchRequest {
  /**
   * The prompt: a text with visible characters. Either `query` or `content` is required.
   */
  query?: string;
  /**
   * 1 to 64 blocks, in order: texts, pictures and documents. All files together may have at most 23 MB. A text of `content` is never a slash command.
   *
   * @minItems 1
   * @maxItems 64
   */
  content?: (
    | {
        type: 'text';
        text: string;
      }
    | {
        /**
         * A picture: PNG, JPEG, GIF or WebP.
         */
        type: 'image';
        source:
          | {
              type: 'base64';
              /**
               * The bytes in base64, without line breaks.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'file';
              /**
               * The id of an uploaded file.
               */
              file_id: string;
            };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
    | {
        /**
         * A PDF, or plain text in UTF-8.
         */
        type: 'document';
        source:
          | {
              type: 'text';
              /**
               * The plain text.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'base64';
              /**
               * The bytes in base64, without line breaks.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'file';
              /**
               * The id of an uploaded file.
               */
              file_id: string;
            };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
  )[];
  /**
   * Alias or full name of the model.
   */
  model?: string;
  /**
   * Directory in which the session runs; it must lie inside an allowed root. Default: a directory of the conversation.
   */
  working_dir?: string;
  /**
   * What the session works in. `managed`, the default: a directory of the conversation that Baton keeps, so its files follow the conversation to any host. `git`: the same, and it begins as a clone of a repository. `path`: a directory of the host, whose files do not travel.
   */
  workspace?:
    | {
        type: 'managed';
        /**
         * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
         *
         * @maxItems 64
         */
        include?: string[];
      }
    | {
        type: 'path';
        /**
         * Directory in which the session runs; it must lie inside an allowed root. It means the same as `working_dir`.
         */
        path: string;
      }
    | {
        type: 'git';
        /**
         * URL of the repository: https or ssh, without a password. The operator can limit the choice.
         */
        url: string;
        /**
         * Branch, tag or commit to begin with. Default: the default branch of the repository.
         */
        ref?: string;
        /**
         * How many commits of the history the clone has; 0 means all. Default: 1.
         */
        depth?: number;
        /**
         * Whether submodules are cloned too, each under the same rules. Default: false.
         */
        submodules?: boolean;
        /**
         * Directory of the repository in which Claude Code starts. Default: its root.
         */
        subdirectory?: string;
        /**
         * Shell commands that run in the directory before Claude Code starts: after the clone, and again after a restore on another host, so they must be repeatable. They have the environment of the session, but no git credentials.
         *
         * @maxItems 32
         */
        setup?: string[];
        /**
         * Once the session completes, Baton commits what changed and pushes the commit to this branch. Default: nothing is pushed.
         */
        push?: {
          /**
           * Branch to push to, without `refs/heads/`; the operator limits the choice, by default to `baton/*`.
           */
          branch: string;
          /**
           * Message of the commit. Default: the session's title, else a line with its id.
           */
          message?: string;
          /**
           * Author of the commit. Default: the operator's GIT_AUTHOR.
           */
          author?: {
            name: string;
            email: string;
          };
        };
        /**
         * Secrets with which Baton reaches the repository; only git processes of Baton get them. Default: the operator's own, if there are some for this host.
         */
        credentials?: {
          /**
           * User name for https. Default: `x-access-token`, which is right for tokens.
           */
          username?: string;
          /**
           * Password or token for https. The value is secret.
           */
          password?: string;
          /**
           * Private key for ssh, unencrypted. The value is secret.
           */
          ssh_key?: string;
          /**
           * Lines of a known_hosts file with the server's public keys. Default: the operator's own.
           */
          ssh_known_hosts?: string;
        };
        /**
         * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
         *
         * @maxItems 64
         */
        include?: string[];
      };
  /**
   * Uploaded files that are put into the session's directory before Claude Code starts, at most 100. A file that is there already is replaced. A continue never inherits them.
   *
   * @maxItems 100
   */
  files?: {
    /**
     * The id of a file from POST /v1/files.
     */
    file_id: string;
    /**
     * Where the file is put: a relative path in the session's directory, with `/` between names. No `..`, no `.git`.
     */
    path: string;
  }[];
  /**
   * Maximum number of agentic turns of this session.
   */
  max_turns?: number;
  /**
   * Replaces the system prompt of the CLI.
   */
  system_prompt?: string;
  /**
   * Text that is added after the system prompt.
   */
  append_system_prompt?: string;
  /**
   * Text that is added after `append_system_prompt`.
   */
  custom_instructions?: string;
  /**
   * MCP tool that decides on permissions, as `mcp__server__tool`.
   */
  permission_prompt_tool?: string;
  /**
   * Tools that need no permission; at most 100 KiB of JSON.
   */
  allowed_tools?: string[];
  /**
   * Tools that the session may not use; at most 100 KiB of JSON.
   */
  disallowed_tools?: string[];
  mcp_config?: MCPConfig;
  /**
   * Stored but without effect: the worker always runs the CLI with stream-json.
   */
  output_format?: 'text' | 'json' | 'stream-json';
  /**
   * Stored but without effect: stream-json in print mode is always verbose.
   */
  verbose?: boolean;
  /**
   * More directories that the session may use; each must lie inside an allowed root.
   *
   * @maxItems 64
   */
  additional_directories?: string[];
  /**
   * Whether readers receive an answer in parts while the model writes it. Baton does not store the parts.
   */
  include_partial_messages?: boolean;
  /**
   * Whether a prompt that begins with a slash may run a slash command of the CLI; default true. With `false` the prompt is plain text, and the model sees a space before it.
   */
  slash_commands?: boolean;
  /**
   * Permission mode of the CLI; the operator limits the choice.
   */
  permission_mode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
  /**
   * Maximum cost of this session in US dollars.
   */
  max_budget_usd?: number;
  /**
   * Models that the CLI falls back to, separated by commas.
   */
  fallback_model?: string;
  /**
   * JSON Schema (draft 7) of the answer, at most 100 KiB. `result.structured_output` holds the answer. Claude Code accepts no later draft; a schema made with zod needs the target `draft-7`.
   */
  json_schema?: {
    [k: string]: unknown;
  };
  /**
   * Settings of Claude Code, as in a settings file.
   */
  settings?: {
    [k: string]: unknown;
  };
  /**
   * Settings files that the CLI reads in addition to `settings`; `[]` means none. `project` and `local` are files of the repository and bring its hooks, skills and CLAUDE.md. The operator limits the choice and sets the default.
   *
   * @maxItems 3
   */
  setting_sources?: ('user' | 'project' | 'local')[];
  /**
   * Whether the CLI starts only the MCP servers of `mcp_config` and ignores a `.mcp.json`. Default: the operator's choice.
   */
  strict_mcp_config?: boolean;
  /**
   * Environment variables of the session. The values are secret: Baton never returns them.
   */
  env?: {
    [k: string]: string;
  };
  timeouts?: {
    /**
     * How long the setup commands of the workspace may take together, in milliseconds.
     */
    setup_ms?: number;
    /**
     * How long the CLI may take to print its first event, in milliseconds.
     */
    startup_ms?: number;
    /**
     * How long the CLI may print nothing, in milliseconds. This also limits the wait for background tasks and wake-ups after a result line.
     */
    idle_ms?: number;
    /**
     * How long one attempt may take in total, in milliseconds.
     */
    wall_clock_ms?: number;
    /**
     * How long the CLI may take to exit after its last result line, in milliseconds. The time starts once no background task or wake-up is pending.
     */
    exit_ms?: number;
  };
  recovery?: {
    /**
     * What Baton does after the worker of the session died: `resume` from the transcript (default), `restart` from the beginning, or `fail`.
     */
    on_crash?: 'resume' | 'restart' | 'fail';
    /**
     * How many times the worker may die before the session fails; default 3.
     */
    max_crashes?: number;
    /**
     * How many times Baton retries the session after a retryable failure; default 3. Crashes and hand-backs do not count as retries.
     */
    max_retries?: number;
  };
  /**
   * Built-in tools that exist in the session; `[]` means none, `["default"]` all. Tools of MCP servers are not affected. `allowed_tools` says which of them need no permission. At most 100 KiB of JSON.
   */
  tools?: string[];
  /**
   * Agents by name: sub-agents that the model may use, and `agent` may choose one.
   */
  agents?: {
    [k: string]: {
      /**
       * When the model should use the agent.
       */
      description: string;
      /**
       * System prompt of the agent.
       */
      prompt: string;
      /**
       * Tools that the agent has. Default: those of the session.
       *
       * @maxItems 512
       */
      tools?: string[];
      /**
       * Tools that the agent does not have.
       *
       * @maxItems 512
       */
      disallowedTools?: string[];
      /**
       * Alias or full name of the model, or `inherit` for the model of the session.
       */
      model?: string;
      /**
       * Reasoning effort of the agent.
       */
      effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
      /**
       * Permission mode of the agent as a sub-agent; the operator limits the choice. It has no effect on the agent of the session itself.
       */
      permissionMode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
      /**
       * MCP servers that only this agent has: the name of a server of `mcp_config`, or an object of one server by its name. The operator limits their commands as in `mcp_config`.
       *
       * @maxItems 64
       */
      mcpServers?: (
        | string
        | {
            [k: string]:
              | {
                  type?: 'stdio';
                  /**
                   * Command that starts the server on the worker.
                   */
                  command: string;
                  args?: string[];
                  /**
                   * Environment of the server. The values are secret: Baton never returns them.
                   */
                  env?: {
                    [k: string]: string;
                  };
                  /**
                   * How long one call of a tool of this server may take, in milliseconds.
                   */
                  timeout?: number;
                  /**
                   * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                   */
                  alwaysLoad?: boolean;
                }
              | {
                  type: 'http' | 'sse';
                  url: string;
                  /**
                   * HTTP headers of each request. The values are secret: Baton never returns them.
                   */
                  headers?: {
                    [k: string]: string;
                  };
                  /**
                   * How long one call of a tool of this server may take, in milliseconds.
                   */
                  timeout?: number;
                  /**
                   * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                   */
                  alwaysLoad?: boolean;
                  /**
                   * Policy for each tool, by the name that the server gives it. `blocked`: the session does not have the tool. `ask`: each call needs an approval, in every permission mode and even if `allowed_tools` names the tool. `allow`: nothing changes.
                   */
                  toolPermissions?: {
                    [k: string]: 'allow' | 'ask' | 'blocked';
                  };
                };
          }
      )[];
      /**
       * Hooks that run while the agent works, as `hooks` in `settings`; the operator limits them in the same way.
       */
      hooks?: {
        [k: string]: unknown;
      };
      /**
       * Maximum number of turns of the agent.
       */
      maxTurns?: number;
      /**
       * Skills that the agent has in its context from the start.
       *
       * @maxItems 512
       */
      skills?: string[];
      /**
       * Whether the session works on while the agent works.
       */
      background?: boolean;
      /**
       * Whether the agent works without the `CLAUDE.md` files.
       */
      omitClaudeMd?: boolean;
      /**
       * The agent works in a git worktree of its own.
       */
      isolation?: 'worktree';
      /**
       * Number of tokens at which the agent compacts its own conversation.
       */
      autoCompactWindow?: number;
    };
  };
  /**
   * Agent that the session itself runs as: a name in `agents`, of a plugin, of the repository or of the CLI. The CLI ignores a name that it does not find. `system_prompt` replaces the prompt of the agent.
   */
  agent?: string;
  /**
   * Reasoning effort of the session. Default: the operator's or the model's.
   */
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  /**
   * Maximum number of thinking tokens of one answer; 0 means no thinking. Only models with a fixed thinking budget heed it; use `effort` with all other models.
   */
  max_thinking_tokens?: number;
  /**
   * Number of tokens that the API tells the model to complete its task with.
   */
  task_budget?: number;
  /**
   * Beta headers of requests to the API. The CLI sends only those that it knows and ignores all others; an account with an API key is needed.
   *
   * @maxItems 16
   */
  betas?: string[];
  /**
   * Directories of plugins on the worker, each inside a directory that the operator allows. A plugin can bring hooks, MCP servers, agents, skills and commands.
   *
   * @maxItems 32
   */
  plugins?: string[];
  /**
   * Text that is added after the system prompt of every sub-agent.
   */
  append_subagent_system_prompt?: string;
  /**
   * Whether the events contain what sub-agents write and think, not only their calls.
   */
  forward_subagent_text?: boolean;
  /**
   * Whether the events contain the start and the end of every hook.
   */
  include_hook_events?: boolean;
  /**
   * Whether the system prompt leaves out what differs between hosts, so that hosts share a prompt cache. It has no effect together with `system_prompt`.
   */
  exclude_dynamic_system_prompt_sections?: boolean;
  /**
   * Title for human readers.
   */
  title?: string;
  /**
   * Tags by which lists of sessions can be filtered.
   *
   * @maxItems 32
   */
  tags?: string[];
  /**
   * JSON of the caller, at most 16 KiB. Baton returns it unchanged.
   */
  metadata?: {
    [k: string]: unknown;
  };
  /**
   * 0 (default) runs first, then lower numbers before higher ones.
   */
  priority?: number;
  /**
   * Milliseconds to wait before the session may run; at most 366 days.
   */
  delay_ms?: number;
  /**
   * How many times Baton tries the session in total if its failures are retryable. This is `recovery.max_retries` + 1, and only one of the two may be set.
   */
  attempts?: number;
  /**
   * At most `concurrency_limit` sessions with the same key are in progress at once. The others wait in order of arrival.
   */
  concurrency_key?: string;
  /**
   * How many sessions with the same key, this one included, may be in progress when this one starts; default 1.
   */
  concurrency_limit?: number;
  /**
   * What Baton does if the session would exceed a limit of its API key or of one of its tags. `reject` (default) refuses the request; `wait` accepts it, and the session waits until the limit has room (`waiting_for: budget`).
   */
  on_limit?: 'reject' | 'wait';
  /**
   * Time before which the session does not run, at most 366 days ahead. It cannot be used together with `delay_ms`.
   */
  run_at?: string;
  /**
   * Names a conversation of the caller. The first launch with a key begins the conversation. Each later launch continues its newest session, and inherits the keys of the config that it leaves out. Baton keeps the keys of different tenants apart.
   */
  conversation_key?: string;
  /**
   * Only beside `conversation_key`: what the launch does if the newest session of the conversation has not ended. `enqueue` (default) waits for it, `interrupt` interrupts it and then waits for it, `reject` refuses the launch, `message` sends the query into it as a message.
   */
  on_busy?: 'reject' | 'enqueue' | 'interrupt' | 'message';
}
export interface Message {
  id: string;
  session_id: string;
  /**
   * The text of the message. For a message of blocks, the text that stands for them.
   */
  content: string;
  /**
   * The blocks of the message; absent if it is a text.
   *
   * @minItems 1
   * @maxItems 64
   */
  blocks?: (
    | {
        type: 'text';
        text: string;
      }
    | {
        type: 'image';
        source: {
          type: 'file';
          /**
           * The id of an uploaded file.
           */
          file_id: string;
        };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
    | {
        type: 'document';
        source: {
          type: 'file';
          /**
           * The id of an uploaded file.
           */
          file_id: string;
        };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
  )[];
  /**
   * When Claude gets the message. `next`: with the result of the running tool. `later`: after the turn. `now`: in a turn of its own, and the running turn ends once its tool has returned.
   */
  priority: 'next' | 'later' | 'now';
  /**
   * `queued`: the session still has to deliver it. `delivered`: it is in the conversation. `undelivered`: the session ended without it. `cancelled`: a caller took it back.
   */
  status: 'queued' | 'delivered' | 'undelivered' | 'cancelled';
  created_at: string;
  /**
   * Only if the message is delivered.
   */
  delivered_at?: string;
  /**
   * The `seq` of the event that shows the message; only if it is delivered.
   */
  seq?: number;
  /**
   * Only if the message is cancelled.
   */
  cancelled_at?: string;
}
export interface MessageRequest {
  /**
   * The text of the message, at most 1 MiB, with visible characters; or blocks, as in the `content` of a launch. A message is never a slash command.
   */
  content:
    | string
    | (
        | {
            type: 'text';
            text: string;
          }
        | {
            /**
             * A picture: PNG, JPEG, GIF or WebP.
             */
            type: 'image';
            source:
              | {
                  type: 'base64';
                  /**
                   * The bytes in base64, without line breaks.
                   */
                  data: string;
                  /**
                   * The type of the bytes. Baton checks it; default: the type that the bytes have.
                   */
                  media_type?: string;
                }
              | {
                  type: 'file';
                  /**
                   * The id of an uploaded file.
                   */
                  file_id: string;
                };
            /**
             * Name of the picture or the document. Claude sees the title of a document.
             */
            title?: string;
          }
        | {
            /**
             * A PDF, or plain text in UTF-8.
             */
            type: 'document';
            source:
              | {
                  type: 'text';
                  /**
                   * The plain text.
                   */
                  data: string;
                  /**
                   * The type of the bytes. Baton checks it; default: the type that the bytes have.
                   */
                  media_type?: string;
                }
              | {
                  type: 'base64';
                  /**
                   * The bytes in base64, without line breaks.
                   */
                  data: string;
                  /**
                   * The type of the bytes. Baton checks it; default: the type that the bytes have.
                   */
                  media_type?: string;
                }
              | {
                  type: 'file';
                  /**
                   * The id of an uploaded file.
                   */
                  file_id: string;
                };
            /**
             * Name of the picture or the document. Claude sees the title of a document.
             */
            title?: string;
          }
      )[];
  /**
   * When Claude gets the message. `next`: with the result of the running tool. `later`: after the turn. `now`: in a turn of its own, and the running turn ends once its tool has returned. Default: next. A message with a document waits for the end of the turn in place of `next`.
   */
  priority?: 'next' | 'later' | 'now';
  /**
   * What happens if the session has ended. `reject`: the answer is SESSION_TERMINAL. `continue`: the content becomes the query of a new session that continues this session. Default: reject.
   */
  on_ended?: 'reject' | 'continue';
}
export interface NewSchedule {
  /**
   * Title for human readers.
   */
  title?: string;
  /**
   * Cron expression: five fields, six with seconds first, or a nickname such as @daily; `H` is not allowed. A time that the clocks skip is due right after the gap. A time that the clocks show twice fires once; if the hour field is `*` or a step, it fires both times. It cannot be used together with `every_ms`.
   */
  cron?: string;
  /**
   * IANA time zone of the cron expression; default UTC.
   */
  timezone?: string;
  /**
   * Milliseconds between two firings, counted from the change that set this value. It cannot be used together with `cron`.
   */
  every_ms?: number;
  /**
   * What a firing does if the last session has not ended: `skip` launches nothing, `enqueue` launches a session that waits for the last one.
   */
  overlap?: 'skip' | 'enqueue';
  /**
   * Whether the schedule fires.
   */
  enabled?: boolean;
  launch: ScheduledLaunch;
}
export interface ScheduledLaunch {
  /**
   * The prompt: a text with visible characters. Either `query` or `content` is required.
   */
  query?: string;
  /**
   * 1 to 64 blocks, in order: texts, pictures and documents. All files together may have at most 23 MB. A text of `content` is never a slash command.
   *
   * @minItems 1
   * @maxItems 64
   */
  content?: (
    | {
        type: 'text';
        text: string;
      }
    | {
        /**
         * A picture: PNG, JPEG, GIF or WebP.
         */
        type: 'image';
        source:
          | {
              type: 'base64';
              /**
               * The bytes in base64, without line breaks.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'file';
              /**
               * The id of an uploaded file.
               */
              file_id: string;
            };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
    | {
        /**
         * A PDF, or plain text in UTF-8.
         */
        type: 'document';
        source:
          | {
              type: 'text';
              /**
               * The plain text.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'base64';
              /**
               * The bytes in base64, without line breaks.
               */
              data: string;
              /**
               * The type of the bytes. Baton checks it; default: the type that the bytes have.
               */
              media_type?: string;
            }
          | {
              type: 'file';
              /**
               * The id of an uploaded file.
               */
              file_id: string;
            };
        /**
         * Name of the picture or the document. Claude sees the title of a document.
         */
        title?: string;
      }
  )[];
  /**
   * Alias or full name of the model.
   */
  model?: string;
  /**
   * Directory in which the session runs; it must lie inside an allowed root. Default: a directory of the conversation.
   */
  working_dir?: string;
  /**
   * What the session works in. `managed`, the default: a directory of the conversation that Baton keeps, so its files follow the conversation to any host. `git`: the same, and it begins as a clone of a repository. `path`: a directory of the host, whose files do not travel.
   */
  workspace?:
    | {
        type: 'managed';
        /**
         * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
         *
         * @maxItems 64
         */
        include?: string[];
      }
    | {
        type: 'path';
        /**
         * Directory in which the session runs; it must lie inside an allowed root. It means the same as `working_dir`.
         */
        path: string;
      }
    | {
        type: 'git';
        /**
         * URL of the repository: https or ssh, without a password. The operator can limit the choice.
         */
        url: string;
        /**
         * Branch, tag or commit to begin with. Default: the default branch of the repository.
         */
        ref?: string;
        /**
         * How many commits of the history the clone has; 0 means all. Default: 1.
         */
        depth?: number;
        /**
         * Whether submodules are cloned too, each under the same rules. Default: false.
         */
        submodules?: boolean;
        /**
         * Directory of the repository in which Claude Code starts. Default: its root.
         */
        subdirectory?: string;
        /**
         * Shell commands that run in the directory before Claude Code starts: after the clone, and again after a restore on another host, so they must be repeatable. They have the environment of the session, but no git credentials.
         *
         * @maxItems 32
         */
        setup?: string[];
        /**
         * Once the session completes, Baton commits what changed and pushes the commit to this branch. Default: nothing is pushed.
         */
        push?: {
          /**
           * Branch to push to, without `refs/heads/`; the operator limits the choice, by default to `baton/*`.
           */
          branch: string;
          /**
           * Message of the commit. Default: the session's title, else a line with its id.
           */
          message?: string;
          /**
           * Author of the commit. Default: the operator's GIT_AUTHOR.
           */
          author?: {
            name: string;
            email: string;
          };
        };
        /**
         * Secrets with which Baton reaches the repository; only git processes of Baton get them. Default: the operator's own, if there are some for this host.
         */
        credentials?: {
          /**
           * User name for https. Default: `x-access-token`, which is right for tokens.
           */
          username?: string;
          /**
           * Password or token for https. The value is secret.
           */
          password?: string;
          /**
           * Private key for ssh, unencrypted. The value is secret.
           */
          ssh_key?: string;
          /**
           * Lines of a known_hosts file with the server's public keys. Default: the operator's own.
           */
          ssh_known_hosts?: string;
        };
        /**
         * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
         *
         * @maxItems 64
         */
        include?: string[];
      };
  /**
   * Uploaded files that are put into the session's directory before Claude Code starts, at most 100. A file that is there already is replaced. A continue never inherits them.
   *
   * @maxItems 100
   */
  files?: {
    /**
     * The id of a file from POST /v1/files.
     */
    file_id: string;
    /**
     * Where the file is put: a relative path in the session's directory, with `/` between names. No `..`, no `.git`.
     */
    path: string;
  }[];
  /**
   * Maximum number of agentic turns of this session.
   */
  max_turns?: number;
  /**
   * Replaces the system prompt of the CLI.
   */
  system_prompt?: string;
  /**
   * Text that is added after the system prompt.
   */
  append_system_prompt?: string;
  /**
   * Text that is added after `append_system_prompt`.
   */
  custom_instructions?: string;
  /**
   * MCP tool that decides on permissions, as `mcp__server__tool`.
   */
  permission_prompt_tool?: string;
  /**
   * Tools that need no permission; at most 100 KiB of JSON.
   */
  allowed_tools?: string[];
  /**
   * Tools that the session may not use; at most 100 KiB of JSON.
   */
  disallowed_tools?: string[];
  mcp_config?: MCPConfig;
  /**
   * Stored but without effect: the worker always runs the CLI with stream-json.
   */
  output_format?: 'text' | 'json' | 'stream-json';
  /**
   * Stored but without effect: stream-json in print mode is always verbose.
   */
  verbose?: boolean;
  /**
   * More directories that the session may use; each must lie inside an allowed root.
   *
   * @maxItems 64
   */
  additional_directories?: string[];
  /**
   * Whether readers receive an answer in parts while the model writes it. Baton does not store the parts.
   */
  include_partial_messages?: boolean;
  /**
   * Whether a prompt that begins with a slash may run a slash command of the CLI; default true. With `false` the prompt is plain text, and the model sees a space before it.
   */
  slash_commands?: boolean;
  /**
   * Permission mode of the CLI; the operator limits the choice.
   */
  permission_mode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
  /**
   * Maximum cost of this session in US dollars.
   */
  max_budget_usd?: number;
  /**
   * Models that the CLI falls back to, separated by commas.
   */
  fallback_model?: string;
  /**
   * JSON Schema (draft 7) of the answer, at most 100 KiB. `result.structured_output` holds the answer. Claude Code accepts no later draft; a schema made with zod needs the target `draft-7`.
   */
  json_schema?: {
    [k: string]: unknown;
  };
  /**
   * Settings of Claude Code, as in a settings file.
   */
  settings?: {
    [k: string]: unknown;
  };
  /**
   * Settings files that the CLI reads in addition to `settings`; `[]` means none. `project` and `local` are files of the repository and bring its hooks, skills and CLAUDE.md. The operator limits the choice and sets the default.
   *
   * @maxItems 3
   */
  setting_sources?: ('user' | 'project' | 'local')[];
  /**
   * Whether the CLI starts only the MCP servers of `mcp_config` and ignores a `.mcp.json`. Default: the operator's choice.
   */
  strict_mcp_config?: boolean;
  /**
   * Environment variables of the session. The values are secret: Baton never returns them.
   */
  env?: {
    [k: string]: string;
  };
  timeouts?: {
    /**
     * How long the setup commands of the workspace may take together, in milliseconds.
     */
    setup_ms?: number;
    /**
     * How long the CLI may take to print its first event, in milliseconds.
     */
    startup_ms?: number;
    /**
     * How long the CLI may print nothing, in milliseconds. This also limits the wait for background tasks and wake-ups after a result line.
     */
    idle_ms?: number;
    /**
     * How long one attempt may take in total, in milliseconds.
     */
    wall_clock_ms?: number;
    /**
     * How long the CLI may take to exit after its last result line, in milliseconds. The time starts once no background task or wake-up is pending.
     */
    exit_ms?: number;
  };
  recovery?: {
    /**
     * What Baton does after the worker of the session died: `resume` from the transcript (default), `restart` from the beginning, or `fail`.
     */
    on_crash?: 'resume' | 'restart' | 'fail';
    /**
     * How many times the worker may die before the session fails; default 3.
     */
    max_crashes?: number;
    /**
     * How many times Baton retries the session after a retryable failure; default 3. Crashes and hand-backs do not count as retries.
     */
    max_retries?: number;
  };
  /**
   * Built-in tools that exist in the session; `[]` means none, `["default"]` all. Tools of MCP servers are not affected. `allowed_tools` says which of them need no permission. At most 100 KiB of JSON.
   */
  tools?: string[];
  /**
   * Agents by name: sub-agents that the model may use, and `agent` may choose one.
   */
  agents?: {
    [k: string]: {
      /**
       * When the model should use the agent.
       */
      description: string;
      /**
       * System prompt of the agent.
       */
      prompt: string;
      /**
       * Tools that the agent has. Default: those of the session.
       *
       * @maxItems 512
       */
      tools?: string[];
      /**
       * Tools that the agent does not have.
       *
       * @maxItems 512
       */
      disallowedTools?: string[];
      /**
       * Alias or full name of the model, or `inherit` for the model of the session.
       */
      model?: string;
      /**
       * Reasoning effort of the agent.
       */
      effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
      /**
       * Permission mode of the agent as a sub-agent; the operator limits the choice. It has no effect on the agent of the session itself.
       */
      permissionMode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
      /**
       * MCP servers that only this agent has: the name of a server of `mcp_config`, or an object of one server by its name. The operator limits their commands as in `mcp_config`.
       *
       * @maxItems 64
       */
      mcpServers?: (
        | string
        | {
            [k: string]:
              | {
                  type?: 'stdio';
                  /**
                   * Command that starts the server on the worker.
                   */
                  command: string;
                  args?: string[];
                  /**
                   * Environment of the server. The values are secret: Baton never returns them.
                   */
                  env?: {
                    [k: string]: string;
                  };
                  /**
                   * How long one call of a tool of this server may take, in milliseconds.
                   */
                  timeout?: number;
                  /**
                   * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                   */
                  alwaysLoad?: boolean;
                }
              | {
                  type: 'http' | 'sse';
                  url: string;
                  /**
                   * HTTP headers of each request. The values are secret: Baton never returns them.
                   */
                  headers?: {
                    [k: string]: string;
                  };
                  /**
                   * How long one call of a tool of this server may take, in milliseconds.
                   */
                  timeout?: number;
                  /**
                   * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                   */
                  alwaysLoad?: boolean;
                  /**
                   * Policy for each tool, by the name that the server gives it. `blocked`: the session does not have the tool. `ask`: each call needs an approval, in every permission mode and even if `allowed_tools` names the tool. `allow`: nothing changes.
                   */
                  toolPermissions?: {
                    [k: string]: 'allow' | 'ask' | 'blocked';
                  };
                };
          }
      )[];
      /**
       * Hooks that run while the agent works, as `hooks` in `settings`; the operator limits them in the same way.
       */
      hooks?: {
        [k: string]: unknown;
      };
      /**
       * Maximum number of turns of the agent.
       */
      maxTurns?: number;
      /**
       * Skills that the agent has in its context from the start.
       *
       * @maxItems 512
       */
      skills?: string[];
      /**
       * Whether the session works on while the agent works.
       */
      background?: boolean;
      /**
       * Whether the agent works without the `CLAUDE.md` files.
       */
      omitClaudeMd?: boolean;
      /**
       * The agent works in a git worktree of its own.
       */
      isolation?: 'worktree';
      /**
       * Number of tokens at which the agent compacts its own conversation.
       */
      autoCompactWindow?: number;
    };
  };
  /**
   * Agent that the session itself runs as: a name in `agents`, of a plugin, of the repository or of the CLI. The CLI ignores a name that it does not find. `system_prompt` replaces the prompt of the agent.
   */
  agent?: string;
  /**
   * Reasoning effort of the session. Default: the operator's or the model's.
   */
  effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  /**
   * Maximum number of thinking tokens of one answer; 0 means no thinking. Only models with a fixed thinking budget heed it; use `effort` with all other models.
   */
  max_thinking_tokens?: number;
  /**
   * Number of tokens that the API tells the model to complete its task with.
   */
  task_budget?: number;
  /**
   * Beta headers of requests to the API. The CLI sends only those that it knows and ignores all others; an account with an API key is needed.
   *
   * @maxItems 16
   */
  betas?: string[];
  /**
   * Directories of plugins on the worker, each inside a directory that the operator allows. A plugin can bring hooks, MCP servers, agents, skills and commands.
   *
   * @maxItems 32
   */
  plugins?: string[];
  /**
   * Text that is added after the system prompt of every sub-agent.
   */
  append_subagent_system_prompt?: string;
  /**
   * Whether the events contain what sub-agents write and think, not only their calls.
   */
  forward_subagent_text?: boolean;
  /**
   * Whether the events contain the start and the end of every hook.
   */
  include_hook_events?: boolean;
  /**
   * Whether the system prompt leaves out what differs between hosts, so that hosts share a prompt cache. It has no effect together with `system_prompt`.
   */
  exclude_dynamic_system_prompt_sections?: boolean;
  /**
   * Title for human readers.
   */
  title?: string;
  /**
   * Tags by which lists of sessions can be filtered.
   *
   * @maxItems 32
   */
  tags?: string[];
  /**
   * JSON of the caller, at most 16 KiB. Baton returns it unchanged.
   */
  metadata?: {
    [k: string]: unknown;
  };
  /**
   * 0 (default) runs first, then lower numbers before higher ones.
   */
  priority?: number;
  /**
   * Milliseconds to wait before the session may run; at most 366 days.
   */
  delay_ms?: number;
  /**
   * How many times Baton tries the session in total if its failures are retryable. This is `recovery.max_retries` + 1, and only one of the two may be set.
   */
  attempts?: number;
  /**
   * At most `concurrency_limit` sessions with the same key are in progress at once. The others wait in order of arrival.
   */
  concurrency_key?: string;
  /**
   * How many sessions with the same key, this one included, may be in progress when this one starts; default 1.
   */
  concurrency_limit?: number;
  /**
   * What Baton does if the session would exceed a limit of its API key or of one of its tags. `reject` (default) refuses the request; `wait` accepts it, and the session waits until the limit has room (`waiting_for: budget`).
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
   * What a firing launches, with secrets redacted.
   */
  launch: {
    /**
     * The prompt. It must contain visible text.
     */
    query: string;
    /**
     * 1 to 64 blocks, in order: texts, pictures and documents. All files together may have at most 23 MB. A text of `content` is never a slash command.
     *
     * @minItems 1
     * @maxItems 64
     */
    content?: (
      | {
          type: 'text';
          text: string;
        }
      | {
          /**
           * A picture: PNG, JPEG, GIF or WebP.
           */
          type: 'image';
          source:
            | {
                type: 'base64';
                /**
                 * The bytes in base64, without line breaks.
                 */
                data: string;
                /**
                 * The type of the bytes. Baton checks it; default: the type that the bytes have.
                 */
                media_type?: string;
              }
            | {
                type: 'file';
                /**
                 * The id of an uploaded file.
                 */
                file_id: string;
              };
          /**
           * Name of the picture or the document. Claude sees the title of a document.
           */
          title?: string;
        }
      | {
          /**
           * A PDF, or plain text in UTF-8.
           */
          type: 'document';
          source:
            | {
                type: 'text';
                /**
                 * The plain text.
                 */
                data: string;
                /**
                 * The type of the bytes. Baton checks it; default: the type that the bytes have.
                 */
                media_type?: string;
              }
            | {
                type: 'base64';
                /**
                 * The bytes in base64, without line breaks.
                 */
                data: string;
                /**
                 * The type of the bytes. Baton checks it; default: the type that the bytes have.
                 */
                media_type?: string;
              }
            | {
                type: 'file';
                /**
                 * The id of an uploaded file.
                 */
                file_id: string;
              };
          /**
           * Name of the picture or the document. Claude sees the title of a document.
           */
          title?: string;
        }
    )[];
    /**
     * Alias or full name of the model.
     */
    model?: string;
    /**
     * Directory in which the session runs; it must lie inside an allowed root. Default: a directory of the conversation.
     */
    working_dir?: string;
    /**
     * What the session works in. `managed`, the default: a directory of the conversation that Baton keeps, so its files follow the conversation to any host. `git`: the same, and it begins as a clone of a repository. `path`: a directory of the host, whose files do not travel.
     */
    workspace?:
      | {
          type: 'managed';
          /**
           * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
           *
           * @maxItems 64
           */
          include?: string[];
        }
      | {
          type: 'path';
          /**
           * Directory in which the session runs; it must lie inside an allowed root. It means the same as `working_dir`.
           */
          path: string;
        }
      | {
          type: 'git';
          /**
           * URL of the repository: https or ssh, without a password. The operator can limit the choice.
           */
          url: string;
          /**
           * Branch, tag or commit to begin with. Default: the default branch of the repository.
           */
          ref?: string;
          /**
           * How many commits of the history the clone has; 0 means all. Default: 1.
           */
          depth?: number;
          /**
           * Whether submodules are cloned too, each under the same rules. Default: false.
           */
          submodules?: boolean;
          /**
           * Directory of the repository in which Claude Code starts. Default: its root.
           */
          subdirectory?: string;
          /**
           * Shell commands that run in the directory before Claude Code starts: after the clone, and again after a restore on another host, so they must be repeatable. They have the environment of the session, but no git credentials.
           *
           * @maxItems 32
           */
          setup?: string[];
          /**
           * Once the session completes, Baton commits what changed and pushes the commit to this branch. Default: nothing is pushed.
           */
          push?: {
            /**
             * Branch to push to, without `refs/heads/`; the operator limits the choice, by default to `baton/*`.
             */
            branch: string;
            /**
             * Message of the commit. Default: the session's title, else a line with its id.
             */
            message?: string;
            /**
             * Author of the commit. Default: the operator's GIT_AUTHOR.
             */
            author?: {
              name: string;
              email: string;
            };
          };
          /**
           * Secrets with which Baton reaches the repository; only git processes of Baton get them. Default: the operator's own, if there are some for this host.
           */
          credentials?: {
            /**
             * User name for https. Default: `x-access-token`, which is right for tokens.
             */
            username?: string;
            /**
             * Password or token for https. The value is secret.
             */
            password?: string;
            /**
             * Private key for ssh, unencrypted. The value is secret.
             */
            ssh_key?: string;
            /**
             * Lines of a known_hosts file with the server's public keys. Default: the operator's own.
             */
            ssh_known_hosts?: string;
          };
          /**
           * Ignored files that travel all the same, as patterns of a `.gitignore` file; at most 64. Default: ignored files stay behind.
           *
           * @maxItems 64
           */
          include?: string[];
        };
    /**
     * Uploaded files that are put into the session's directory before Claude Code starts, at most 100. A file that is there already is replaced. A continue never inherits them.
     *
     * @maxItems 100
     */
    files?: {
      /**
       * The id of a file from POST /v1/files.
       */
      file_id: string;
      /**
       * Where the file is put: a relative path in the session's directory, with `/` between names. No `..`, no `.git`.
       */
      path: string;
    }[];
    /**
     * Maximum number of agentic turns of this session.
     */
    max_turns?: number;
    /**
     * Replaces the system prompt of the CLI.
     */
    system_prompt?: string;
    /**
     * Text that is added after the system prompt.
     */
    append_system_prompt?: string;
    /**
     * Text that is added after `append_system_prompt`.
     */
    custom_instructions?: string;
    /**
     * MCP tool that decides on permissions, as `mcp__server__tool`.
     */
    permission_prompt_tool?: string;
    /**
     * Tools that need no permission; at most 100 KiB of JSON.
     */
    allowed_tools?: string[];
    /**
     * Tools that the session may not use; at most 100 KiB of JSON.
     */
    disallowed_tools?: string[];
    mcp_config?: MCPConfig;
    /**
     * Stored but without effect: the worker always runs the CLI with stream-json.
     */
    output_format?: 'text' | 'json' | 'stream-json';
    /**
     * Stored but without effect: stream-json in print mode is always verbose.
     */
    verbose?: boolean;
    /**
     * More directories that the session may use; each must lie inside an allowed root.
     *
     * @maxItems 64
     */
    additional_directories?: string[];
    /**
     * Whether readers receive an answer in parts while the model writes it. Baton does not store the parts.
     */
    include_partial_messages?: boolean;
    /**
     * Whether a prompt that begins with a slash may run a slash command of the CLI; default true. With `false` the prompt is plain text, and the model sees a space before it.
     */
    slash_commands?: boolean;
    /**
     * Permission mode of the CLI; the operator limits the choice.
     */
    permission_mode?: 'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
    /**
     * Maximum cost of this session in US dollars.
     */
    max_budget_usd?: number;
    /**
     * Models that the CLI falls back to, separated by commas.
     */
    fallback_model?: string;
    /**
     * JSON Schema (draft 7) of the answer, at most 100 KiB. `result.structured_output` holds the answer. Claude Code accepts no later draft; a schema made with zod needs the target `draft-7`.
     */
    json_schema?: {
      [k: string]: unknown;
    };
    /**
     * Settings of Claude Code, as in a settings file.
     */
    settings?: {
      [k: string]: unknown;
    };
    /**
     * Settings files that the CLI reads in addition to `settings`; `[]` means none. `project` and `local` are files of the repository and bring its hooks, skills and CLAUDE.md. The operator limits the choice and sets the default.
     *
     * @maxItems 3
     */
    setting_sources?: ('user' | 'project' | 'local')[];
    /**
     * Whether the CLI starts only the MCP servers of `mcp_config` and ignores a `.mcp.json`. Default: the operator's choice.
     */
    strict_mcp_config?: boolean;
    /**
     * Environment variables of the session. The values are secret: Baton never returns them.
     */
    env?: {
      [k: string]: string;
    };
    timeouts?: {
      /**
       * How long the setup commands of the workspace may take together, in milliseconds.
       */
      setup_ms?: number;
      /**
       * How long the CLI may take to print its first event, in milliseconds.
       */
      startup_ms?: number;
      /**
       * How long the CLI may print nothing, in milliseconds. This also limits the wait for background tasks and wake-ups after a result line.
       */
      idle_ms?: number;
      /**
       * How long one attempt may take in total, in milliseconds.
       */
      wall_clock_ms?: number;
      /**
       * How long the CLI may take to exit after its last result line, in milliseconds. The time starts once no background task or wake-up is pending.
       */
      exit_ms?: number;
    };
    recovery?: {
      /**
       * What Baton does after the worker of the session died: `resume` from the transcript (default), `restart` from the beginning, or `fail`.
       */
      on_crash?: 'resume' | 'restart' | 'fail';
      /**
       * How many times the worker may die before the session fails; default 3.
       */
      max_crashes?: number;
      /**
       * How many times Baton retries the session after a retryable failure; default 3. Crashes and hand-backs do not count as retries.
       */
      max_retries?: number;
    };
    /**
     * Built-in tools that exist in the session; `[]` means none, `["default"]` all. Tools of MCP servers are not affected. `allowed_tools` says which of them need no permission. At most 100 KiB of JSON.
     */
    tools?: string[];
    /**
     * Agents by name: sub-agents that the model may use, and `agent` may choose one.
     */
    agents?: {
      [k: string]: {
        /**
         * When the model should use the agent.
         */
        description: string;
        /**
         * System prompt of the agent.
         */
        prompt: string;
        /**
         * Tools that the agent has. Default: those of the session.
         *
         * @maxItems 512
         */
        tools?: string[];
        /**
         * Tools that the agent does not have.
         *
         * @maxItems 512
         */
        disallowedTools?: string[];
        /**
         * Alias or full name of the model, or `inherit` for the model of the session.
         */
        model?: string;
        /**
         * Reasoning effort of the agent.
         */
        effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
        /**
         * Permission mode of the agent as a sub-agent; the operator limits the choice. It has no effect on the agent of the session itself.
         */
        permissionMode?:
          'acceptEdits' | 'auto' | 'bypassPermissions' | 'dontAsk' | 'manual' | 'plan';
        /**
         * MCP servers that only this agent has: the name of a server of `mcp_config`, or an object of one server by its name. The operator limits their commands as in `mcp_config`.
         *
         * @maxItems 64
         */
        mcpServers?: (
          | string
          | {
              [k: string]:
                | {
                    type?: 'stdio';
                    /**
                     * Command that starts the server on the worker.
                     */
                    command: string;
                    args?: string[];
                    /**
                     * Environment of the server. The values are secret: Baton never returns them.
                     */
                    env?: {
                      [k: string]: string;
                    };
                    /**
                     * How long one call of a tool of this server may take, in milliseconds.
                     */
                    timeout?: number;
                    /**
                     * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                     */
                    alwaysLoad?: boolean;
                  }
                | {
                    type: 'http' | 'sse';
                    url: string;
                    /**
                     * HTTP headers of each request. The values are secret: Baton never returns them.
                     */
                    headers?: {
                      [k: string]: string;
                    };
                    /**
                     * How long one call of a tool of this server may take, in milliseconds.
                     */
                    timeout?: number;
                    /**
                     * Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.
                     */
                    alwaysLoad?: boolean;
                    /**
                     * Policy for each tool, by the name that the server gives it. `blocked`: the session does not have the tool. `ask`: each call needs an approval, in every permission mode and even if `allowed_tools` names the tool. `allow`: nothing changes.
                     */
                    toolPermissions?: {
                      [k: string]: 'allow' | 'ask' | 'blocked';
                    };
                  };
            }
        )[];
        /**
         * Hooks that run while the agent works, as `hooks` in `settings`; the operator limits them in the same way.
         */
        hooks?: {
          [k: string]: unknown;
        };
        /**
         * Maximum number of turns of the agent.
         */
        maxTurns?: number;
        /**
         * Skills that the agent has in its context from the start.
         *
         * @maxItems 512
         */
        skills?: string[];
        /**
         * Whether the session works on while the agent works.
         */
        background?: boolean;
        /**
         * Whether the agent works without the `CLAUDE.md` files.
         */
        omitClaudeMd?: boolean;
        /**
         * The agent works in a git worktree of its own.
         */
        isolation?: 'worktree';
        /**
         * Number of tokens at which the agent compacts its own conversation.
         */
        autoCompactWindow?: number;
      };
    };
    /**
     * Agent that the session itself runs as: a name in `agents`, of a plugin, of the repository or of the CLI. The CLI ignores a name that it does not find. `system_prompt` replaces the prompt of the agent.
     */
    agent?: string;
    /**
     * Reasoning effort of the session. Default: the operator's or the model's.
     */
    effort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
    /**
     * Maximum number of thinking tokens of one answer; 0 means no thinking. Only models with a fixed thinking budget heed it; use `effort` with all other models.
     */
    max_thinking_tokens?: number;
    /**
     * Number of tokens that the API tells the model to complete its task with.
     */
    task_budget?: number;
    /**
     * Beta headers of requests to the API. The CLI sends only those that it knows and ignores all others; an account with an API key is needed.
     *
     * @maxItems 16
     */
    betas?: string[];
    /**
     * Directories of plugins on the worker, each inside a directory that the operator allows. A plugin can bring hooks, MCP servers, agents, skills and commands.
     *
     * @maxItems 32
     */
    plugins?: string[];
    /**
     * Text that is added after the system prompt of every sub-agent.
     */
    append_subagent_system_prompt?: string;
    /**
     * Whether the events contain what sub-agents write and think, not only their calls.
     */
    forward_subagent_text?: boolean;
    /**
     * Whether the events contain the start and the end of every hook.
     */
    include_hook_events?: boolean;
    /**
     * Whether the system prompt leaves out what differs between hosts, so that hosts share a prompt cache. It has no effect together with `system_prompt`.
     */
    exclude_dynamic_system_prompt_sections?: boolean;
    /**
     * Title for human readers.
     */
    title?: string;
    /**
     * Tags by which lists of sessions can be filtered.
     *
     * @maxItems 32
     */
    tags?: string[];
    /**
     * JSON of the caller, at most 16 KiB. Baton returns it unchanged.
     */
    metadata?: {
      [k: string]: unknown;
    };
    /**
     * 0 (default) runs first, then lower numbers before higher ones.
     */
    priority?: number;
    /**
     * Milliseconds to wait before the session may run; at most 366 days.
     */
    delay_ms?: number;
    /**
     * How many times Baton tries the session in total if its failures are retryable. This is `recovery.max_retries` + 1, and only one of the two may be set.
     */
    attempts?: number;
    /**
     * At most `concurrency_limit` sessions with the same key are in progress at once. The others wait in order of arrival.
     */
    concurrency_key?: string;
    /**
     * How many sessions with the same key, this one included, may be in progress when this one starts; default 1.
     */
    concurrency_limit?: number;
    /**
     * What Baton does if the session would exceed a limit of its API key or of one of its tags. `reject` (default) refuses the request; `wait` accepts it, and the session waits until the limit has room (`waiting_for: budget`).
     */
    on_limit?: 'reject' | 'wait';
  };
  /**
   * When the schedule fires next; absent if it is disabled or never fires again.
   */
  next_run_at?: string;
  /**
   * Time of the last firing that launched a session.
   */
  last_fired_at?: string;
  last_session_id?: string;
  /**
   * Time of the last firing that was skipped because the last session had not ended.
   */
  last_skipped_at?: string;
  /**
   * Why the last firing could not launch a session.
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
   * Cron expression: five fields, six with seconds first, or a nickname such as @daily; `H` is not allowed. A time that the clocks skip is due right after the gap. A time that the clocks show twice fires once; if the hour field is `*` or a step, it fires both times. It cannot be used together with `every_ms`.
   */
  cron?: string;
  /**
   * IANA time zone of the cron expression; default UTC.
   */
  timezone?: string;
  /**
   * Milliseconds between two firings, counted from the change that set this value. It cannot be used together with `cron`.
   */
  every_ms?: number;
  /**
   * What a firing does if the last session has not ended: `skip` launches nothing, `enqueue` launches a session that waits for the last one.
   */
  overlap?: 'skip' | 'enqueue';
  /**
   * Whether the schedule fires.
   */
  enabled?: boolean;
  /**
   * Replaces the whole launch of the schedule.
   */
  launch?: ScheduledLaunch;
}
export interface SentMessage {
  id: string;
  /**
   * The status of the message: `queued`, or any status after a repeated request. `continued`: the session had ended, and the session `session_id` continues it with the content as its query. Then there is no message.
   */
  status: 'queued' | 'delivered' | 'undelivered' | 'cancelled' | 'continued';
  /**
   * The session that has the message, or the new session that continues the ended one.
   */
  session_id: string;
}
export interface Spending {
  sessions: number;
  cost_usd: number;
  /**
   * Part of `cost_usd` that is estimated from tokens.
   */
  cost_estimated_usd: number;
  /**
   * Tokens without a cost, because their model has no price.
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
   * Title for human readers.
   */
  title?: string;
  /**
   * Tags by which lists of sessions can be filtered.
   *
   * @maxItems 32
   */
  tags?: string[];
  at: string;
}
