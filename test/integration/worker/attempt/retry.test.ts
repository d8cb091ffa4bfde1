// A session with a retryable failure returns to the queue; its next attempt resumes it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId, type Session, type SessionConfig } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import type { Step } from '../../../fake-claude/script.ts';
import { test as base, type Fleet } from '../../../support/fleet.ts';
import { countLogged } from '../../../support/readiness.ts';
import { openStops, type Stops } from '../../../support/stops.ts';
import { waitFor } from '../../../support/wait.ts';

const FIRST_MS = 200;

interface Scene {
  fleet: Fleet;
  stops: Stops;
  /** A separate fleet whose retry pauses are long, so that a test can act during a pause. */
  patient: Fleet;
}

const test = base.extend<{ $file: { scene: Scene } }>({
  scene: [
    async ({ fleet }, use) => {
      await fleet.worker({ RETRY_FIRST_MS: String(FIRST_MS) });
      const patient = fleet.sibling();
      await patient.worker({ RETRY_FIRST_MS: '3600000' });
      const stops = await openStops(patient);
      await use({ fleet, stops, patient });
      await stops.close();
    },
    { scope: 'file' },
  ],
});

const OVERLOADED = { api_error: 529 };

const OWN_ACCOUNT = { apiKeyHelper: '/opt/own-key' };

/**
 * What the CLI prints when the account is limited until this time. The time is in the unit that the
 * API uses.
 */
function rejectedUntil(resetsAt: number): Step[] {
  const rejected = { status: 'rejected', resetsAt, rateLimitType: 'five_hour' };
  return [{ line: { type: 'rate_limit_event', rate_limit_info: rejected } }, { api_error: 429 }];
}

/** A session whose first attempt plays `first`, and whose later attempts play `later`. */
function play(fleet: Fleet, first: Step[], later: Step[], config: Partial<SessionConfig> = {}) {
  const once = join(fleet.root, newId());
  const FAKE_CLAUDE_SCRIPT = JSON.stringify([{ once, steps: first, else: later }]);
  return fleet.launch({ query: 'try it', env: { FAKE_CLAUDE_SCRIPT }, ...config });
}

/** The pauses between the attempts, in milliseconds. */
function pauses({ attempts }: Session): number[] {
  return attempts.slice(1).map(({ started_at }, index) => {
    return started_at.getTime() - (attempts[index]?.ended_at?.getTime() ?? 0);
  });
}

const RETRYABLE: [string, Step[], Partial<SessionConfig>][] = [
  ['OVERLOADED', [OVERLOADED], {}],
  ['SERVER_ERROR', [{ api_error: 500 }], {}],
  ['RATE_LIMITED', [{ api_error: 429 }], {}],
  ['CONNECTION', [{ api_error: null }], {}],
  ['KILLED', [{ say: 'so' }, { kill: 'SIGKILL' }], {}],
  ['IDLE_TIMEOUT', [{ say: 'so' }, { hang: true }], { timeouts: { idle_ms: 500 } }],
];

// The API's failures are in test/e2e/failure-codes.test.ts.
const FINAL: [string, Step[]][] = [
  ['API_INVALID_REQUEST', [{ api_error: 400 }]],
  ['EXECUTION_ERROR', [{ result: { subtype: 'error_during_execution', is_error: true } }]],
  ['NO_ANSWER', [{ result: { num_turns: 0, result: '' } }]],
  ['OUT_OF_MEMORY', [{ stderr: 'JavaScript heap out of memory' }, { kill: 'SIGABRT' }]],
  ['PROTOCOL', [{ result: false }]],
];

describe('a failed attempt', () => {
  test.concurrent.for(RETRYABLE)(
    'is retried after %s',
    async ([code, steps, config], { scene }) => {
      const id = await play(scene.fleet, steps, [{ say: 'better' }], config);
      const session = await scene.fleet.ended(id);
      expect(session).toMatchObject({
        status: 'completed',
        result: { result: 'better' },
        counts: { retries: 1, crashes: 0, hand_backs: 0 },
        attempts: [
          { outcome: 'failed', failure: { code, retryable: true } },
          { outcome: 'completed' },
        ],
      });
      expect(session).not.toHaveProperty('failure');
      expect(session).not.toHaveProperty('not_before');
    },
  );

  test.concurrent.for(FINAL)('ends the session after %s', async ([code, steps], { scene }) => {
    const id = await play(scene.fleet, steps, []);
    const session = await scene.fleet.ended(id);
    expect(session).toMatchObject({
      status: 'failed',
      failure: { code, retryable: false, attempt: 1 },
      counts: { retries: 0 },
    });
    expect(session.attempts).toHaveLength(1);
  });

  test.concurrent('is resumed rather than restarted, and both attempts count', async ({
    scene,
  }) => {
    const { fleet } = scene;
    const dump = join(fleet.root, 'retried.json');
    const id = await play(fleet, [{ say: 'half' }, OVERLOADED], [{ dump }, { say: 'whole' }], {
      max_turns: 9,
    });
    const session = await fleet.ended(id);
    const { argv, prompt, earlier_prompts } = JSON.parse(await readFile(dump, 'utf8'));
    expect(argv).toContain(`--resume=${id}`);
    expect({ prompt, earlier_prompts }).toEqual({
      prompt: 'Continue from where you left off.',
      earlier_prompts: 1,
    });
    const [first] = session.attempts;
    expect(first?.failure?.api_error_status).toBe(529);
    expect(argv).toContain('--max-turns=8');
    expect(session.totals).toMatchObject({ num_turns: 2 });
    expect(session.totals.cost_usd).toBeCloseTo(0.02, 5);
  });

  test.concurrent('is retried max_retries times, after growing pauses', async ({ scene }) => {
    const { fleet } = scene;
    const id = await play(fleet, [OVERLOADED], [OVERLOADED], { recovery: { max_retries: 2 } });
    const session = await fleet.ended(id);
    expect(session).toMatchObject({
      status: 'failed',
      failure: { code: 'OVERLOADED', attempt: 3 },
      counts: { retries: 2 },
    });
    const [first = 0, second = 0, ...more] = pauses(session);
    expect(more).toEqual([]);
    expect(first).toBeGreaterThanOrEqual(FIRST_MS);
    expect(second).toBeGreaterThanOrEqual(2 * FIRST_MS);
    await waitFor('its job to fail', async () => {
      const state = await fleet.queue.getJobState(id);
      return state === 'failed';
    });
  });
});

describe('a session that waits for its retry', () => {
  /** A session whose retry is an hour away. */
  async function waiting({ patient }: Scene): Promise<Session> {
    const id = await play(patient, [{ say: 'half' }, OVERLOADED], [{ say: 'never' }]);
    const session = await patient.until(id, 'back', ({ counts }) => counts.retries === 1);
    await waitFor('its job to wait', async () => {
      const state = await patient.queue.getJobState(id);
      return state === 'delayed';
    });
    return session;
  }

  test.concurrent('shows the time of its retry and the reason', async ({ scene }) => {
    const session = await waiting(scene);
    expect(session).toMatchObject({
      status: 'queued',
      attempts: [{ failure: { code: 'OVERLOADED' } }],
    });
    const ended = session.attempts[0]?.ended_at?.getTime() ?? 0;
    const pause = (session.not_before?.getTime() ?? 0) - ended;
    expect(pause).toBeGreaterThan(250_000); // a pause is at most five minutes, plus jitter
    expect(pause).toBeLessThan(460_000);
  });

  test.concurrent('is cancelled at once', async ({ scene }) => {
    const { id } = await waiting(scene);
    const { status, body } = await scene.stops.ask('cancel', id);
    expect([status, body.status]).toEqual([202, 'cancelled']);
    expect(await scene.patient.queue.getJob(id)).toBeUndefined();
  });

  test.concurrent('completes with the work done so far when it is interrupted', async ({
    scene,
  }) => {
    const { id } = await waiting(scene);
    expect((await scene.stops.ask('interrupt', id)).status).toBe(202);
    const session = await scene.patient.ended(id);
    expect(session).toMatchObject({ status: 'completed', stopped_by: 'interrupt' });
    expect(session.attempts[1]).not.toHaveProperty('pid');
    expect(session.transcript.files).toHaveLength(1);
  });
});

test('a session whose account is rate limited waits for the reset, and pauses the queue until then', async ({
  fleet,
  onTestFinished,
}) => {
  const mine = fleet.sibling(onTestFinished);
  await mine.worker({ RETRY_FIRST_MS: '1' });
  // This session runs at the same time. It must not keep its worker from taking other sessions
  // later.
  const busy = await mine.play([{ say: 'long' }, { hang: true }]);
  await mine.until(busy, 'running', ({ status }) => status === 'running');
  // A busy machine may need seconds to get as far as the retry, which must come before the reset.
  const resetsAt = Math.ceil(Date.now() / 1000) + 10;
  const id = await play(mine, rejectedUntil(resetsAt), [{ say: 'the limit is gone' }]);
  const limited = await mine.until(id, 'back', ({ counts }) => counts.retries === 1);
  // The job is returned last, when the queue is already paused.
  await waitFor('its job to wait', async () => {
    const state = await mine.queue.getJobState(id);
    return state === 'delayed';
  });
  expect(limited.not_before?.getTime()).toBeGreaterThanOrEqual(resetsAt * 1000);
  expect(limited.attempts[0]?.failure?.retry_at).toEqual(new Date(resetsAt * 1000));
  const others = await Promise.all([1, 2, 3].map(() => mine.launch({ query: 'hello' })));
  for (const one of [id, ...others]) {
    const session = await mine.ended(one);
    expect(session.status).toBe('completed');
    expect(session.counts.retries).toBe(one === id ? 1 : 0);
    // The host's clock and MongoDB's may differ.
    const begun = session.attempts.at(-1)?.started_at.getTime();
    expect(begun).toBeGreaterThanOrEqual(resetsAt * 1000 - 100);
  }
  expect((await mine.session(busy)).status).toBe('running');
});

test.for([1e10, 1e15])(
  'a reset at %d is ignored: the session is retried soon, and the queue is not paused',
  async (resetsAt, { fleet }) => {
    const mine = fleet.sibling();
    const worker = await mine.worker({ RETRY_FIRST_MS: '1' });
    const id = await play(mine, rejectedUntil(resetsAt), [{ say: 'better' }]);
    const limited = await mine.until(id, 'back', ({ counts }) => counts.retries === 1);
    expect(limited.attempts[0]?.failure).toMatchObject({ code: 'RATE_LIMITED' });
    expect(limited.attempts[0]?.failure).not.toHaveProperty('retry_at');
    expect((await mine.ended(id)).result?.result).toBe('better');
    expect((await mine.ended(await mine.launch({ query: 'hello' }))).status).toBe('completed');
    expect(countLogged(worker, 'ignored a rate limit reset time')).toBe(1);
  },
);

test('a session with its own account does not pause the queue when that account is limited', async ({
  fleet,
  onTestFinished,
}) => {
  const mine = fleet.sibling(onTestFinished);
  await mine.worker({ RETRY_FIRST_MS: '1' });
  const inAnHour = Math.ceil(Date.now() / 1000) + 3_600;
  const id = await play(mine, rejectedUntil(inAnHour), [], { settings: OWN_ACCOUNT });
  await waitFor('its job to wait', async () => (await mine.queue.getJobState(id)) === 'delayed');
  const { not_before } = await mine.session(id);
  expect(not_before?.getTime()).toBeGreaterThanOrEqual(inAnHour * 1000);
  expect(await mine.queue.getRateLimitTtl()).toBeLessThanOrEqual(0);
  expect((await mine.ended(await mine.launch({ query: 'hello' }))).status).toBe('completed');
});
