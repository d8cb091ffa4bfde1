// Factories of documents for tests. Each fills in the fields that the test does not name.
import { newId, type Session, type SessionConfig } from '@baton/core/internal';
import type { ContinueJob, LaunchJob } from '../../packages/core/src/model/job/job.ts';
import { queuedSession } from '../../packages/core/src/model/job/new-session.ts';

/** Returns a launch job with the query "say hello". */
export function makeLaunchJob(fields: Partial<LaunchJob> = {}): LaunchJob {
  return { version: 1, kind: 'launch', id: newId(), config: { query: 'say hello' }, ...fields };
}

/** Returns a job that continues `parent_session_id` with the query "go on". */
export function makeContinueJob(
  parent_session_id: string,
  fields: Partial<ContinueJob> = {},
): ContinueJob {
  return {
    version: 1,
    kind: 'continue',
    id: newId(),
    parent_session_id,
    overrides: { query: 'go on' },
    ...fields,
  };
}

/** Returns a queued session as a launch creates it. `fields` override the usual fields. */
export function makeSession(fields: Partial<Session> = {}): Session {
  const created = fields.created_at ?? new Date();
  const job = { ...makeLaunchJob({ id: fields.id ?? newId() }), created_at: created.toISOString() };
  return { ...queuedSession({ ...job, run_id: job.id }, job.config), ...fields };
}

/** Returns a completed session with a transcript, so it can be continued. */
export function makeCompletedSession(fields: Partial<Session> = {}): Session {
  const session = makeSession(fields);
  return {
    ...session,
    status: 'completed',
    end_time: new Date(),
    transcript: {
      files: [
        {
          path: `${session.root_session_id}.jsonl`,
          base: 0,
          length: 10,
          sha256: '0'.repeat(64),
          generation: 0,
        },
      ],
    },
    ...fields,
  };
}

/** Returns a queued session that continues `parent`. */
export function makeChild(parent: Session, fields: Partial<Session> = {}): Session {
  return makeSession({
    kind: 'continue',
    parent_session_id: parent.id,
    root_session_id: parent.root_session_id,
    claude_session_id: parent.root_session_id,
    ...fields,
  });
}

/**
 * A config with every key but three: a config with `working_dir` may not have `workspace`, and `files` and `content` need
 * uploads.
 */
export type FullConfig = Required<Omit<SessionConfig, 'workspace' | 'files' | 'content'>>;

/** Returns a config that uses every key, with a secret in each place that may hold one. */
export function makeFullConfig(): FullConfig {
  return {
    query: 'do it',
    model: 'sonnet',
    working_dir: '/srv/work',
    max_turns: 3,
    system_prompt: 'be brief',
    append_system_prompt: 'and kind',
    custom_instructions: 'always',
    permission_prompt_tool: 'mcp__approvals__ask',
    allowed_tools: ['Read', 'Bash(git log:*)'],
    disallowed_tools: ['WebFetch'],
    mcp_config: {
      mcpServers: {
        files: {
          command: 'files-server',
          args: ['--root', '/srv'],
          env: { TOKEN: 's3cret-stdio' },
        },
        web: {
          type: 'http',
          url: 'https://user:s3cret-pass@example.test/mcp?key=s3cret-query#s3cret-hash',
          headers: { Authorization: 'Bearer s3cret-header' },
        },
      },
    },
    output_format: 'stream-json',
    verbose: true,
    additional_directories: ['/srv/more'],
    include_partial_messages: true,
    permission_mode: 'acceptEdits',
    max_budget_usd: 1.5,
    fallback_model: 'haiku',
    json_schema: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $defs: { 'a.b': { type: 'string' } },
      properties: { name: { $ref: '#/$defs/a.b' } },
    },
    settings: { env: { SETTING: 's3cret-setting' }, 'dotted.key': { $dollar: 1 } },
    setting_sources: ['user', 'project'],
    strict_mcp_config: true,
    env: { API_TOKEN: 's3cret-env' },
    timeouts: { startup_ms: 1000, idle_ms: 1000, wall_clock_ms: 1000, exit_ms: 1000 },
    slash_commands: false,
    recovery: { on_crash: 'restart', max_crashes: 1, max_retries: 0 },
    tools: ['Read', 'Bash'],
    agents: {
      helper: {
        description: 'Helps.',
        prompt: 'You help.',
        tools: ['Read'],
        mcpServers: [
          'files',
          {
            own: { command: 'own-server', env: { TOKEN: 's3cret-agent-stdio' }, timeout: 5000 },
          },
          { web: { type: 'http', url: 'https://example.test/mcp?key=s3cret%2Fagent-query' } },
        ],
        hooks: { Stop: [{ hooks: [{ type: 'command', command: 'x', token: 's3cret-hook' }] }] },
      },
    },
    agent: 'helper',
    effort: 'low',
    max_thinking_tokens: 1000,
    task_budget: 50_000,
    betas: ['context-1m-2025-08-07'],
    plugins: ['/srv/plugins/review'],
    append_subagent_system_prompt: 'report briefly',
    forward_subagent_text: true,
    include_hook_events: true,
    exclude_dynamic_system_prompt_sections: true,
  };
}
