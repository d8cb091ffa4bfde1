// An interrupt ends the turn: the session completes with the work done so far, and can be continued.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { isAlive } from '../../../support/alive.ts';
import type { Fleet } from '../../../support/fleet.ts';
import { openStops, test } from '../../../support/stops.ts';
import { waitFor } from '../../../support/wait.ts';

const said = (session: Session) => session.last_event_seq >= 3;

async function answerOf(fleet: Fleet, parent: string): Promise<string | undefined> {
  const child = await fleet.ended(await fleet.continue(parent, { query: 'go on' }));
  return child.result?.result;
}

describe('an interrupt', () => {
  test.concurrent('ends the turn, so the session completes and can be continued', async ({
    fleet,
    stops,
  }) => {
    const id = await fleet.play([{ say: 'half of it' }, { hang: true }]);
    await fleet.until(id, 'under way', said);
    const { status, body } = await stops.ask('interrupt', id);
    expect([status, body.status]).toEqual([202, 'running']);
    const session = await fleet.ended(id);
    expect(session).toMatchObject({
      status: 'completed',
      stopped_by: 'interrupt',
      result: { subtype: 'error_during_execution', is_error: true },
      attempts: [{ outcome: 'completed' }],
    });
    expect(session).not.toHaveProperty('failure');
    expect(isAlive(session.attempts[0]?.pid)).toBe(false);
    expect(await answerOf(fleet, id)).toBe('You said: go on (earlier prompts: 1)');
  });

  test.concurrent('completes a session whose CLI leaves no result line', async ({
    fleet,
    stops,
  }) => {
    const id = await fleet.play([{ silent: true }, { say: 'half of it' }, { hang: true }]);
    await fleet.until(id, 'under way', said);
    await stops.ask('interrupt', id);
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'completed', stopped_by: 'interrupt' });
    expect(session).not.toHaveProperty('result');
    expect(await answerOf(fleet, id)).toBe('You said: go on (earlier prompts: 1)');
  });

  test.concurrent('waits until a starting session has printed its first line', async ({
    fleet,
    stops,
  }) => {
    const [begun, go] = ['begun', 'go'].map((name) => join(fleet.root, `interrupt-${name}`));
    const id = await fleet.play([
      { init: false },
      { touch: begun },
      { wait_for: go },
      { init: {} },
      { hang: true },
    ]);
    await waitFor('the process', () => existsSync(begun ?? ''));
    expect((await stops.ask('interrupt', id)).body.status).toBe('starting');
    // The next heartbeat reports the interrupt to the worker, which must not end the process yet.
    const { lease } = await fleet.session(id);
    await stops.ask('interrupt', id);
    await waitFor('a heartbeat', async () => {
      const { expires_at } = (await fleet.session(id)).lease;
      return Number(expires_at) > Number(lease.expires_at);
    });
    await writeFile(go ?? '', '');
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'completed', stopped_by: 'interrupt' });
    const lines = (await fleet.events(id)).map(({ type, subtype }) => `${type}/${subtype}`);
    expect(lines).toContain('system/init');
  });

  test.concurrent('fails a session whose CLI does not end its turn, and keeps the transcript', async ({
    fleet,
    stops,
  }) => {
    const id = await fleet.play([{ ignore: ['SIGINT'] }, { say: 'no' }, { hang: true }]);
    await fleet.until(id, 'under way', said);
    await stops.ask('interrupt', id);
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'failed', failure: { code: 'INTERRUPT_TIMEOUT' } });
    expect(await answerOf(fleet, id)).toBe('You said: go on (earlier prompts: 1)');
  });

  test.concurrent('does not change a session whose result was read before the interrupt', async ({
    fleet,
    stops,
  }) => {
    const id = await fleet.play([{ say: 'the answer' }, { result: {} }, { hang: true }]);
    await fleet.until(id, 'answered', ({ last_result }) => last_result !== undefined);
    await stops.ask('interrupt', id);
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'completed', result: { result: 'the answer' } });
    expect(session).not.toHaveProperty('stopped_by');
  });

  test.concurrent('has one effect when it is requested several times', async ({ fleet, stops }) => {
    const id = await fleet.play([{ linger: 500 }, { say: 'so' }, { hang: true }]);
    await fleet.until(id, 'under way', said);
    const answers = await Promise.all([1, 2, 3].map(() => stops.ask('interrupt', id)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'completed', stopped_by: 'interrupt' });
    const results = (await fleet.events(id)).filter(({ type }) => type === 'result');
    expect(results).toHaveLength(1);
    expect((await stops.ask('interrupt', id)).status).toBe(409);
  });

  test.concurrent('gives way to a cancel that comes while the interrupt waits', async ({
    fleet,
    stops,
  }) => {
    const begun = join(fleet.root, 'give-way');
    const id = await fleet.play([{ init: false }, { touch: begun }, { hang: true }]);
    await waitFor('the process', () => existsSync(begun));
    await stops.ask('interrupt', id);
    await stops.ask('cancel', id);
    expect((await fleet.ended(id)).status).toBe('cancelled');
  });
});

test('the next worker completes a session that was interrupted after it was handed back', async ({
  fleet,
  onTestFinished,
}) => {
  const mine = fleet.sibling(onTestFinished);
  const first = await mine.worker({ DRAIN_TIMEOUT_MS: '0' });
  const id = await mine.play([{ say: 'half' }, { hang: true }]);
  await mine.until(id, 'under way', said);
  await first.stop();
  const stops = await openStops(mine);
  expect((await stops.ask('interrupt', id)).body.status).toBe('queued');
  await stops.close();
  await mine.worker();
  const session = await mine.ended(id);
  expect(session).toMatchObject({ status: 'completed', stopped_by: 'interrupt' });
  expect(session.attempts[1]).not.toHaveProperty('pid');
  expect(await answerOf(mine, id)).toBe('You said: go on (earlier prompts: 1)');
});
