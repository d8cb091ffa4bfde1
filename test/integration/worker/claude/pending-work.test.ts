// A result line while work is pending is not the final answer: more turns follow.
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Step } from '../../../fake-claude/script.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { transcriptOf } from '../../../support/transcript-of.ts';
import { waitFor } from '../../../support/wait.ts';

const tasks = (...ids: string[]): Step => ({
  line: {
    type: 'system',
    subtype: 'background_tasks_changed',
    tasks: ids.map((task_id) => ({ task_id })),
  },
});

// What the CLI prints for a call of ScheduleWakeup (test/contract/background.test.ts).
const WAKEUP: Step[] = [
  {
    line: {
      type: 'assistant',
      message: {
        content: [{ type: 'tool_use', id: 'toolu_w', name: 'ScheduleWakeup', input: {} }],
      },
    },
  },
  {
    line: {
      type: 'user',
      message: {
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_w', content: 'Next wakeup scheduled' },
        ],
      },
      tool_use_result: { scheduledFor: 1_795_989_840_000, clampedDelaySeconds: 60 },
    },
  },
];

const interim: Step[] = [{ say: 'interim' }, { result: {} }];

const PENDING: [string, Step[], Step[]][] = [
  ['background work', [tasks('a')], [tasks()]],
  ['wake-ups', WAKEUP, []],
];

/**
 * Launches a session. Its first attempt plays `first` and hangs, and its second attempt says "went
 * on".
 */
function launch(fleet: Fleet, name: string, first: Step[]): Promise<string> {
  const once = join(fleet.root, `${randomUUID()}.once`);
  const steps = [{ once, steps: [...first, { hang: true }], else: [{ say: 'went on' }] }];
  return fleet.launch({
    query: `do ${name}`,
    env: { FAKE_CLAUDE_SCRIPT: JSON.stringify(steps) },
  });
}

/** Resolves once this many events are committed and the transcript holds the interim answer. */
async function committed(fleet: Fleet, id: string, events: number): Promise<void> {
  await fleet.until(id, 'running', ({ status }) => status === 'running');
  await waitFor('its lines and its transcript', async () => {
    const session = await fleet.session(id);
    if (session.last_event_seq < events) return false;
    return (await transcriptOf(fleet, session)).includes('interim');
  });
}

/** Sessions with each kind of pending work, whose interim result lines are committed. */
async function waiting(fleet: Fleet): Promise<string[]> {
  const ids = await Promise.all(
    PENDING.map(([name, begin]) => launch(fleet, name, [...begin, ...interim])),
  );
  // Four more events: the prompt and the init line before, the answer and its result line after.
  const all = ids.map((id, index) => committed(fleet, id, (PENDING[index]?.[1].length ?? 0) + 4));
  await Promise.all(all);
  return ids;
}

describe('while a session has pending', () => {
  test.beforeAll(({ fleet }) => fleet.worker().then(() => undefined));

  test.concurrent.for(PENDING)(
    '%s, a result line does not start the exit timeout',
    async ([, begin, end], { fleet }) => {
      const steps = [...begin, ...interim, { sleep: 1_500 }, ...end, { init: {} }];
      const final = [{ say: 'all done' }, { result: {} }];
      const id = await fleet.play([...steps, ...final], { timeouts: { exit_ms: 300 } });
      expect(await fleet.ended(id)).toMatchObject({
        status: 'completed',
        result: { result: 'all done' },
      });
    },
  );

  test.concurrent.for(PENDING)(
    '%s, the idle timeout limits the wait',
    async ([, begin], { fleet }) => {
      const timeouts = { idle_ms: 700, exit_ms: 300 };
      const id = await fleet.play([...begin, ...interim, { hang: true }], { timeouts });
      expect(await fleet.ended(id)).toMatchObject({
        status: 'failed',
        failure: { code: 'IDLE_TIMEOUT', message: expect.stringContaining('pending') },
        result: { result: 'interim' },
      });
    },
  );

  test.concurrent.for(PENDING)(
    '%s, a cancel keeps the interim result',
    async ([, begin], { fleet }) => {
      const id = await fleet.play([...begin, ...interim, { hang: true }]);
      await committed(fleet, id, begin.length + 4);
      await fleet.db
        .collection<{ _id: string }>('sessions')
        .updateOne({ _id: id }, { $set: { cancel_requested_at: new Date() } });
      expect(await fleet.ended(id)).toMatchObject({
        status: 'cancelled',
        result: { result: 'interim' },
      });
    },
  );
});

test('a drain hands back sessions with pending work, and another worker resumes them', {
  timeout: 90_000,
}, async ({ fleet, onTestFinished }) => {
  const mine = fleet.sibling(onTestFinished);
  const first = await mine.worker({ DRAIN_TIMEOUT_MS: '0' });
  const ids = await waiting(mine);
  await first.stop();
  for (const id of ids) {
    const between = await mine.session(id);
    expect(between).toMatchObject({ status: 'queued', counts: { hand_backs: 1 } });
    expect(between).not.toHaveProperty('last_result');
  }
  await mine.worker();
  for (const id of ids) {
    const ended = await mine.ended(id);
    expect(ended).toMatchObject({ status: 'completed', result: { result: 'went on' } });
    const prompts = (await mine.events(id)).filter(({ subtype }) => subtype === 'prompt');
    expect(prompts.at(-1)?.raw).toContain('Continue from where you left off.');
  }
});

test('an interim result does not complete a session whose worker dies', {
  timeout: 90_000,
}, async ({ fleet, onTestFinished }) => {
  const mine = fleet.sibling(onTestFinished);
  const first = await mine.worker({ LEASE_MS: '5000' });
  const ids = await waiting(mine);
  // The result of this session was final when it was committed; then the CLI began another turn.
  const go = join(mine.root, 'go-on');
  const more = [{ wait_for: go }, { init: {} }, { say: 'more' }];
  const last = await launch(mine, 'two turns', [...interim, ...more]);
  await mine.until(last, 'answered', ({ last_result }) => last_result?.result === 'interim');
  await writeFile(go, '');
  await committed(mine, last, 6);
  await first.kill();
  await mine.worker({ LEASE_MS: '5000' });
  for (const id of [...ids, last]) {
    expect(await mine.ended(id)).toMatchObject({
      status: 'completed',
      result: { result: 'went on' },
      counts: { crashes: 1 },
    });
  }
});

test('a worker with WAKEUPS=forbid disallows the wake-up tools', async ({
  fleet,
  onTestFinished,
}) => {
  const mine = fleet.sibling(onTestFinished);
  await mine.worker({ WAKEUPS: 'forbid' });
  const dump = join(mine.root, 'no-wake-ups.json');
  await mine.ended(await mine.play([{ dump }], { disallowed_tools: ['Bash'] }));
  const { argv } = JSON.parse(await readFile(dump, 'utf8'));
  expect(argv).toContain('--disallowedTools=Bash,ScheduleWakeup,CronCreate');
});
