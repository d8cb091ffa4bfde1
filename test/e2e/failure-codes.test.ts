// The failures that a test can provoke in the real CLI, and how stops end the CLI.
import type { SessionConfig } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { isAlive } from '../support/alive.ts';
import type { Fleet } from '../support/fleet.ts';
import { failure, rateLimited } from '../support/messages-api/failure.ts';
import type { MessagesApi } from '../support/messages-api/messages-api.ts';
import { cut, hang, type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { testWithModel } from '../support/scripted-fleet.ts';
import { openStops } from '../support/stops.ts';
import { waitFor } from '../support/wait.ts';

const half = (piece: number) => (piece < 2 ? Promise.resolve() : new Promise(() => undefined));

// The model's replies, by prompt.
const REPLIES: Record<string, () => Reply> = {
  limited: () => rateLimited(3_600),
  cut,
  hang,
  half: () => text(['half ', 'of ', 'it'], { pace: half }),
  circle: () => toolUse('Bash', { command: 'true' }, { usage: { output_tokens: 1_000_000 } }),
  refusal: () => text([''], { stopReason: 'refusal' }),
  'refusal with a text': () => text('I will', { stopReason: 'refusal' }),
  endless: () => text('and so on', { stopReason: 'max_tokens' }),
  long: () => failure(400, 'prompt is too long: 300000 tokens > 200000 maximum'),
  credit: () => failure(400, 'Your credit balance is too low to access the Anthropic API.'),
};

// For these prompts the model repeats its reply however often it is asked.
const STUBBORN = ['refusal', 'refusal with a text', 'endless'];

function answer({ prompt, prompts }: MessagesRequest): Reply {
  // The CLI asks again with its own prompt, so the first prompt decides.
  const asked = prompts.find((one) => STUBBORN.includes(one)) ?? prompt;
  const reply = REPLIES[asked];
  if (reply) return reply();
  if (prompt === 'structure') return toolUse('StructuredOutput', { a: 1 });
  return /^\d+$/.test(prompt) ? failure(Number(prompt)) : text(`prompts: ${prompts.join(' | ')}`);
}

const test = testWithModel(answer);

const BASH = { allowed_tools: ['Bash'] };

const SCHEMA = {
  type: 'object',
  properties: { a: { type: 'integer' } },
  required: ['a'],
  additionalProperties: false,
};

const DEFER = JSON.stringify({
  hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: 'defer' },
});
const DEFERRING = {
  hooks: {
    PreToolUse: [{ matcher: 'Bash', hooks: [{ type: 'command', command: `echo '${DEFER}'` }] }],
  },
};

const FAILURES: [string, string, Partial<SessionConfig>][] = [
  ['API_INVALID_REQUEST', '400', {}],
  ['AUTHENTICATION', '401', {}],
  ['PERMISSION', '403', {}],
  ['MODEL_NOT_FOUND', '404', {}],
  ['RATE_LIMITED', '429', {}],
  ['RATE_LIMITED', 'limited', {}],
  ['SERVER_ERROR', '500', {}],
  ['OVERLOADED', '529', {}],
  ['CONNECTION', 'cut', {}],
  ['BILLING', 'credit', {}],
  ['PROMPT_TOO_LONG', 'long', {}],
  ['REFUSED', 'refusal', {}],
  ['REFUSED', 'refusal with a text', {}],
  ['MAX_OUTPUT_TOKENS', 'endless', {}],
  ['STRUCTURED_OUTPUT_INVALID', 'an answer without structure', { json_schema: SCHEMA }],
  ['TOOL_DEFERRED', 'circle', { ...BASH, settings: DEFERRING }],
  ['MAX_TURNS', 'circle', { ...BASH, max_turns: 1 }],
  ['BUDGET_EXCEEDED', 'circle', { ...BASH, max_budget_usd: 0.01 }],
  ['CLAUDE_BAD_FLAGS', 'anything', { json_schema: { type: 'nonsense' } }],
  ['STARTUP_TIMEOUT', 'hang', { timeouts: { startup_ms: 20 } }],
  ['IDLE_TIMEOUT', 'hang', { timeouts: { idle_ms: 2_000 } }],
  ['WALL_CLOCK_TIMEOUT', 'hang', { timeouts: { wall_clock_ms: 3_000 } }],
];

describe('a session with the real CLI', () => {
  test.concurrent.for(FAILURES)(
    'fails with %s for the prompt "%s"',
    async ([code, query, config], { scripted: fleet }) => {
      const recovery = { max_retries: 0 };
      const session = await fleet.ended(await fleet.launch({ query, recovery, ...config }));
      expect(session).toMatchObject({ status: 'failed', failure: { code } });
      expect(session.error).toBeTruthy();
    },
  );

  test.concurrent('completes if the answer matches json_schema', async ({ scripted: fleet }) => {
    const id = await fleet.launch({ query: 'structure', json_schema: SCHEMA });
    expect(await fleet.ended(id)).toMatchObject({
      status: 'completed',
      result: { structured_output: { a: 1 }, stop_reason: 'tool_use' },
    });
  });

  test.concurrent('fails with KILLED if something else ends the process', async ({
    scripted: fleet,
    api,
  }) => {
    const id = await fleet.launch({ query: 'hang', recovery: { max_retries: 0 } });
    const { attempts } = await asked(fleet, api, id);
    process.kill(attempts[0]?.pid ?? 0, 'SIGKILL');
    expect(await fleet.ended(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'KILLED', signal: 'SIGKILL' },
    });
  });
});

/** Resolves with the running session once the CLI has called the model for it. */
async function asked(fleet: Fleet, api: MessagesApi, id: string) {
  await waitFor('the call', () => api.requests.some(({ sessionId }) => sessionId === id));
  return fleet.until(id, 'running', ({ status }) => status === 'running');
}

describe('a stop of the real CLI', () => {
  test.concurrent.for([
    ['before the model answers', 'hang'],
    ['in the middle of an answer', 'half'],
  ])(
    'by an interrupt %s completes the session, and the session can be continued',
    async ([, query], { scripted: fleet, api }) => {
      const stops = await openStops(fleet);
      const id = await fleet.launch({ query: query ?? '' });
      await asked(fleet, api, id);
      await stops.ask('interrupt', id);
      const session = await fleet.ended(id);
      expect(session).toMatchObject({ status: 'completed', stopped_by: 'interrupt' });
      expect(session).not.toHaveProperty('failure');
      await stops.close();
      const child = await fleet.ended(await fleet.continue(id, { query: 'go on' }));
      expect(child.result?.result).toMatch(new RegExp(`^prompts: ${query} .*go on$`));
    },
  );

  test.concurrent('by a cancel ends the process', async ({ scripted: fleet, api }) => {
    const stops = await openStops(fleet);
    const id = await fleet.launch({ query: 'half' });
    const { attempts } = await asked(fleet, api, id);
    await stops.ask('cancel', id);
    const session = await fleet.ended(id);
    expect(session.status).toBe('cancelled');
    expect(isAlive(attempts[0]?.pid)).toBe(false);
    await stops.close();
  });
});
