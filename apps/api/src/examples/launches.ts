import type {
  bulkLaunchSchema,
  Info,
  LaunchAnswer,
  launchRequestSchema,
} from '@baton/core/internal';
import type { z } from 'zod';
import type { ErrorBody } from '../http/http-error.ts';
import type { Examples, OperationExamples } from './example.ts';
import { MESSAGE } from './ids.ts';
import { queued, running } from './infos.ts';

const plain = {
  query: 'Why does the test "adds tax once" fail? Fix the cause.',
} satisfies z.input<typeof launchRequestSchema>;

const withTools = {
  query: 'Look up ticket 4711, and write a plan to resolve it.',
  model: 'claude-opus-5-5',
  working_dir: '/srv/projects/shop',
  append_system_prompt: 'Answer in German.',
  permission_mode: 'plan',
  allowed_tools: ['Read', 'Grep', 'mcp__tickets__search'],
  mcp_config: {
    mcpServers: {
      tickets: { type: 'http', url: 'https://mcp.example.com/tickets' },
      files: { command: 'mcp-files', args: ['--read-only'] },
    },
  },
  max_turns: 30,
  max_budget_usd: 2,
  timeouts: { idle_ms: 300_000, wall_clock_ms: 3_600_000 },
  title: 'Ticket 4711',
  tags: ['support', 'shop'],
  metadata: { ticket: 4711 },
  concurrency_key: 'shop',
  concurrency_limit: 2,
  on_limit: 'wait',
} satisfies z.input<typeof launchRequestSchema>;

const withWorkspace = {
  query: 'Train the model with the data in data/, and keep the weights.',
  workspace: { type: 'managed', include: ['data/', '*.weights'] },
} satisfies z.input<typeof launchRequestSchema>;

const withAgents = {
  query: 'Let the critic review the last commit, then sum up its findings.',
  tools: ['Agent', 'Bash', 'Read'],
  agents: {
    critic: {
      description: 'Reviews code.',
      prompt: 'You find bugs.',
      tools: ['Read'],
      effort: 'high',
      permissionMode: 'plan',
    },
  },
  effort: 'low',
  task_budget: 50_000,
  append_subagent_system_prompt: 'Answer in at most ten lines.',
  forward_subagent_text: true,
  plugins: ['/srv/plugins/review'],
} satisfies z.input<typeof launchRequestSchema>;

const withContent = {
  content: [
    { type: 'text', text: 'Which total cannot be right?' },
    {
      type: 'document',
      source: { type: 'text', data: 'name,total\nAda,3\nBob,-4\n' },
      title: 'totals.csv',
    },
  ],
} satisfies z.input<typeof launchRequestSchema>;

const structured = {
  query: 'Which languages is this repository written in?',
  working_dir: '/srv/projects/shop',
  json_schema: {
    type: 'object',
    properties: { languages: { type: 'array', items: { type: 'string' } } },
    required: ['languages'],
  },
} satisfies z.input<typeof launchRequestSchema>;

const later = {
  query: 'Summarise what was merged this week.',
  run_at: '2026-11-27T16:00:00+01:00',
  attempts: 3,
} satisfies z.input<typeof launchRequestSchema>;

const inConversation = {
  query: 'The review asks for a test of an empty cart. Add it.',
  conversation_key: 'shop/pull/7',
  on_busy: 'message',
} satisfies z.input<typeof launchRequestSchema>;

const many = {
  sessions: [
    { query: 'Translate chapter 1 into French.', idempotency_key: 'book-7/chapter-1' },
    { query: 'Translate chapter 2 into French.', idempotency_key: 'book-7/chapter-2' },
    { query: 'Translate chapter 3 into French.', working_dir: '/etc' },
  ],
} satisfies { sessions: z.input<typeof bulkLaunchSchema>[] };

const verdicts = {
  results: [
    { status: 202, session: { ...queued, query: 'Translate chapter 1 into French.' } },
    {
      status: 202,
      session: { ...queued, query: 'Translate chapter 2 into French.' },
      replayed: true,
    },
    {
      status: 422,
      error: {
        code: 'WORKING_DIR_NOT_ALLOWED',
        message: 'working_dir: expected a directory inside an allowed root, got /etc',
        details: { field: 'working_dir' },
      },
    },
  ],
} satisfies {
  results: (
    | { status: 202; session: Info; replayed?: boolean }
    | ({ status: number } & ErrorBody)
  )[];
};

const accepted: Examples<Info> = {
  queued: { summary: 'A session that was just queued', value: queued },
};

const asMessage = {
  ...running,
  conversation_key: 'shop/pull/7',
  queued_messages: 1,
  message: { id: MESSAGE, status: 'queued' },
} satisfies LaunchAnswer;

/** The examples of the operations that launch sessions. */
export const launches: Record<string, OperationExamples> = {
  launchSession: {
    body: {
      plain: { summary: 'Only a prompt', value: plain },
      full: { summary: 'With MCP servers, limits, tags and a concurrency key', value: withTools },
      structured: { summary: 'An answer that fits your own JSON Schema', value: structured },
      workspace: {
        summary: 'Ignored files that follow the conversation to any host',
        value: withWorkspace,
      },
      agents: { summary: 'With a sub-agent, a plugin and flags of the CLI', value: withAgents },
      conversation: {
        summary: "In the conversation of the caller's key, into the session that runs",
        value: inConversation,
      },
      content: { summary: 'A prompt with a document', value: withContent },
      later: { summary: 'Starts at a set time, with up to three attempts', value: later },
    },
    responses: {
      202: {
        ...accepted,
        message: { summary: 'The query was sent into a session that runs', value: asMessage },
      },
    },
  },
  launchSessions: {
    body: { three: { summary: 'Three launches; one of them is not allowed', value: many } },
    responses: {
      200: {
        three: {
          summary: 'One new session, one that existed already, one refused launch',
          value: verdicts,
        },
      },
    },
  },
};
