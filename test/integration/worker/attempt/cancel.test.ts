// The API requests a cancel, and the worker that runs the session carries it out.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isTerminal, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { isAlive } from '../../../support/alive.ts';
import { test } from '../../../support/stops.ts';
import { waitFor } from '../../../support/wait.ts';

const isRunning = ({ status }: Session) => status === 'running';

describe('a cancel', () => {
  test.concurrent('ends a running session and its tools, and keeps the session’s transcript', async ({
    fleet,
    stops,
  }) => {
    const toolPid = join(fleet.root, 'tool.pid');
    const tool = { spawn: 'exec sleep 600', pid_file: toolPid };
    const id = await fleet.play([tool, { say: 'half of it' }, { hang: true }]);
    await fleet.until(id, 'under way', (session) => session.last_event_seq >= 3);
    const { status, body } = await stops.ask('cancel', id);
    expect([status, body.status]).toEqual([202, 'running']);
    const session = await fleet.ended(id);
    expect(session).toMatchObject({
      status: 'cancelled',
      attempts: [{ outcome: 'cancelled' }],
      lease: { fence: 1 },
    });
    expect(session).not.toHaveProperty('failure');
    expect(isAlive(session.attempts[0]?.pid)).toBe(false);
    expect(isAlive(Number(await readFile(toolPid, 'utf8')))).toBe(false);
    await waitFor('its job to be done', async () => {
      const state = await fleet.queue.getJobState(id);
      return state === 'completed';
    });
    const child = await fleet.ended(await fleet.continue(id, { query: 'and now?' }));
    expect(child.result?.result).toBe('You said: and now? (earlier prompts: 1)');
  });

  test.concurrent('ends a session whose CLI has not yet printed a line', async ({
    fleet,
    stops,
  }) => {
    const dump = join(fleet.root, 'starting.json');
    const id = await fleet.play([{ init: false }, { dump }, { hang: true }]);
    await waitFor('the process', () => existsSync(dump));
    expect((await stops.ask('cancel', id)).body.status).toBe('starting');
    expect(await fleet.ended(id)).toMatchObject({ status: 'cancelled' });
    expect(isAlive(JSON.parse(await readFile(dump, 'utf8')).pid)).toBe(false);
  });

  test.concurrent('kills the CLI if the CLI ignores SIGTERM', async ({ fleet, stops }) => {
    const id = await fleet.play([{ ignore: ['SIGTERM', 'SIGINT'] }, { say: 'no' }, { hang: true }]);
    await fleet.until(id, 'under way', (session) => session.last_event_seq >= 3);
    await stops.ask('cancel', id);
    const session = await fleet.ended(id);
    expect(session.status).toBe('cancelled');
    expect(isAlive(session.attempts[0]?.pid)).toBe(false);
  });

  test.concurrent('does not change a session whose good result was read before the cancel', async ({
    fleet,
    stops,
  }) => {
    const id = await fleet.play([{ say: 'the answer' }, { result: {} }, { hang: true }]);
    await fleet.until(id, 'answered', ({ last_result }) => last_result !== undefined);
    expect((await stops.ask('cancel', id)).status).toBe(202);
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'completed', result: { result: 'the answer' } });
    expect(isAlive(session.attempts[0]?.pid)).toBe(false);
  });

  test.concurrent('ends a session as cancelled even if an error result was read earlier', async ({
    fleet,
    stops,
  }) => {
    const bad = { subtype: 'error_during_execution', is_error: true };
    const id = await fleet.play([{ say: 'hm' }, { result: bad }, { hang: true }]);
    await fleet.until(id, 'answered', ({ last_result }) => last_result !== undefined);
    await stops.ask('cancel', id);
    expect(await fleet.ended(id)).toMatchObject({ status: 'cancelled', result: bad });
  });

  test.concurrent('has one effect when it is requested several times', async ({ fleet, stops }) => {
    const go = join(fleet.root, 'linger');
    const id = await fleet.play([{ linger: 1_000 }, { say: 'so' }, { wait_for: go }]);
    await fleet.until(id, 'running', isRunning);
    const answers = await Promise.all([1, 2, 3].map(() => stops.ask('cancel', id)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const { cancel_requested_at } = await fleet.session(id);
    expect((await stops.ask('cancel', id)).status).toBe(202);
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'cancelled', cancel_requested_at });
    expect((await stops.ask('cancel', id)).status).toBe(409);
    await writeFile(go, '');
    expect(await fleet.session(id)).toEqual(session);
  });

  const MOMENTS: ((session: Session) => boolean)[] = [
    ({ status }) => status !== 'queued',
    ({ status }) => !['queued', 'starting'].includes(status),
    ({ last_event_seq }) => last_event_seq >= 3,
    ({ last_event_seq }) => last_event_seq >= 4,
    ({ last_result, status }) => last_result !== undefined || isTerminal(status),
    ({ status }) => isTerminal(status),
  ];

  test.concurrent('at any moment leads to an ended session and a finished job', async ({
    fleet,
    stops,
  }) => {
    const moments = ['at once' as const, ...MOMENTS];
    const ends = await Promise.all(
      [...moments, ...moments].map(async (moment) => {
        const id = await fleet.play([{ say: 'a' }, { sleep: 150 }, { say: 'b' }]);
        if (moment !== 'at once') {
          await waitFor('the moment', async () => {
            const session = await fleet.session(id).catch(() => null); // the job is adopted a little later
            return session !== null && moment(session);
          });
        }
        const { status } = await stops.ask('cancel', id);
        return { status, session: await fleet.ended(id) };
      }),
    );
    for (const { status, session } of ends) {
      // A cancel is refused only if the session had ended. A session completes only if its result came first.
      if (status === 409) expect(session.status).toBe('completed');
      else expect(['cancelled', 'completed']).toContain(session.status);
      if (session.status === 'completed') expect(session.result?.result).toBe('b');
      expect(session.attempts.every(({ ended_at }) => ended_at !== undefined)).toBe(true);
      await waitFor('its job to be done', async () => {
        const state = await fleet.queue.getJobState(session.id);
        return state === 'completed' || state === 'unknown';
      });
    }
    expect(ends.map(({ session }) => session.status)).toContain('cancelled');
  });
});

test('the next heartbeat finds a cancel whose Redis message was lost', async ({
  fleet,
  onTestFinished,
}) => {
  const mine = fleet.sibling(onTestFinished);
  await mine.worker({ LEASE_MS: '3000' });
  const id = await mine.play([{ say: 'so' }, { hang: true }]);
  await mine.until(id, 'running', isRunning);
  const sessions = mine.db.collection<{ _id: string }>('sessions');
  await sessions.updateOne({ _id: id }, { $set: { cancel_requested_at: new Date() } });
  // Neither a message nor a takeover ends the session: its first attempt is cancelled under its first lease.
  expect(await mine.ended(id)).toMatchObject({
    status: 'cancelled',
    attempts: [{ attempt: 1, outcome: 'cancelled' }],
    lease: { fence: 1 },
  });
});
