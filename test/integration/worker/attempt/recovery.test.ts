// How the sessions of a killed worker end, in the order of crash.ts.
import { readConversation, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import type { Fleet } from '../../../support/fleet.ts';
import { transcriptOf } from '../../../support/transcript-of.ts';
import { waitFor } from '../../../support/wait.ts';
import { test } from './crash.ts';

/** The texts of the conversation as a reader gets it. */
async function conversation({ baton }: Fleet, session: Session): Promise<string[]> {
  const { events } = await readConversation(baton.stores, session, { limit: 1000 });
  return events.flatMap(({ raw }) => {
    const content = JSON.parse(raw).message?.content;
    if (typeof content === 'string') return [content];
    return (content ?? []).map(({ text }: { text: string }) => text);
  });
}

const GO_ON = 'Continue from where you left off.';

describe('a session whose worker was killed', () => {
  // The first test waits until the crash is set up and its session has recovered.
  test('is resumed from its saved transcript by another worker', { timeout: 90_000 }, async ({
    crash,
  }) => {
    const { fleet, scenes, victim, survivor } = crash;
    const session = await fleet.ended(scenes.resumed.id);
    expect(session).toMatchObject({
      status: 'completed',
      result: { result: 'three' },
      counts: { crashes: 1, retries: 0, hand_backs: 0 },
      attempts: [
        { attempt: 1, fence: 1, worker_id: victim.id, outcome: 'handed_back' },
        { attempt: 2, fence: 2, worker_id: survivor.id, outcome: 'completed' },
      ],
    });
    expect(session.attempts[0]?.failure?.code).toBe('CRASHED');
    expect(session).not.toHaveProperty('superseded');
    expect(await crash.dump('resumed')).toMatchObject({ prompt: GO_ON, earlier_prompts: 1 });
    expect(await conversation(fleet, session)).toEqual([
      'do resumed',
      'one',
      'two',
      GO_ON,
      'three',
    ]);
  });

  test('counts the turns and tokens of all attempts, and gets only the turns that were left', async ({
    crash,
  }) => {
    const session = await crash.fleet.ended(crash.scenes.resumed.id);
    const { argv } = await crash.dump('resumed');
    expect(argv).toContain('--max-turns=3');
    expect(argv).toContain(`--resume=${session.id}`);
    // Two messages of the first attempt, and one turn that the second attempt reports.
    expect(session.totals).toMatchObject({ num_turns: 3, input_tokens: 20 + 10 });
    expect(session.totals.cost_usd).toBeCloseTo(0.01, 5);
  });

  test('loses no stored event and has no event twice', async ({ crash: { fleet, scenes } }) => {
    for (const [name, { id, received }] of Object.entries(scenes)) {
      await fleet.ended(id);
      const events = await fleet.events(id);
      expect(events.slice(0, received.length), name).toEqual(received);
      expect(
        events.map(({ seq }) => seq),
        name,
      ).toEqual(events.map((_, index) => index + 1));
      const fences = events.map(({ fence }) => fence);
      expect(fences, name).toEqual(fences.toSorted());
    }
  });

  test('supersedes the events that its saved transcript does not hold', async ({
    crash: { fleet, scenes },
  }) => {
    const session = await fleet.ended(scenes['half saved'].id);
    expect(session).toMatchObject({ status: 'completed', superseded: [{ from: 4, to: 4 }] });
    expect(await conversation(fleet, session)).toEqual(['do half saved', 'kept', GO_ON, 'on']);
    expect((await fleet.events(session.id))[3]?.raw).toContain('lost');
  });

  test('gets an event for each transcript entry that had no event yet', async ({
    crash: { fleet, scenes },
  }) => {
    const session = await fleet.ended(scenes['half told'].id);
    expect(session).toMatchObject({ status: 'completed', result: { result: 'on' } });
    // Two messages of the first attempt, and one turn that the second attempt reports.
    expect(session.totals).toMatchObject({ num_turns: 3, input_tokens: 10 + 3 + 10 });
    expect(await conversation(fleet, session)).toEqual([
      'do half told',
      'one',
      'untold',
      GO_ON,
      'on',
    ]);
  });

  test('gets its own prompt again if the transcript does not hold it', async ({ crash }) => {
    const { fleet, scenes } = crash;
    const session = await fleet.ended(scenes.unsaved.id);
    expect(session).toMatchObject({ status: 'completed', superseded: [{ from: 1, to: 3 }] });
    const { argv, prompt, earlier_prompts } = await crash.dump('unsaved');
    expect({ prompt, earlier_prompts }).toEqual({ prompt: 'do unsaved', earlier_prompts: 0 });
    expect(argv).toContain(`--session-id=${session.id}`);
    expect(await conversation(fleet, session)).toEqual(['do unsaved', 'again']);
  });

  test('completes with the result that was committed, without another turn', async ({ crash }) => {
    const session = await crash.fleet.ended(crash.scenes.answered.id);
    expect(session).toMatchObject({
      status: 'completed',
      result: { result: 'the answer' },
      totals: { num_turns: 1, input_tokens: 10 },
      attempts: [{}, { outcome: 'completed' }],
    });
    expect(session.totals.cost_usd).toBeCloseTo(0.01, 5);
    expect(session.attempts[1]).not.toHaveProperty('pid');
    expect(session).not.toHaveProperty('superseded');
    await expect(crash.dump('answered')).rejects.toThrow('ENOENT');
  });

  test('runs another turn if the committed answer is not in the transcript', async ({ crash }) => {
    const session = await crash.fleet.ended(crash.scenes['answered, not saved'].id);
    expect(session).toMatchObject({ status: 'completed', result: { result: 'asked again' } });
    expect(await crash.dump('answered, not saved')).toMatchObject({ prompt: GO_ON });
  });

  test('starts from the beginning if its policy is to restart', async ({ crash }) => {
    const { fleet, scenes } = crash;
    const session = await fleet.ended(scenes.restart.id);
    expect(session).toMatchObject({
      status: 'completed',
      result: { result: 'begun again' },
      superseded: [{ from: 1, to: 3 }],
    });
    const { argv, prompt, earlier_prompts } = await crash.dump('restart');
    expect({ prompt, earlier_prompts }).toEqual({ prompt: 'do restart', earlier_prompts: 0 });
    expect(argv).toContain(`--session-id=${session.id}`);
    const transcript = await transcriptOf(fleet, session);
    expect(transcript).toContain('begun again');
    expect(transcript).not.toContain('"first"');
    expect(await conversation(fleet, session)).toEqual(['do restart', 'begun again']);
  });

  test.for([
    ['its policy is to fail', 'fail', 1],
    ['it crashed more often than its limit', 'crashed too often', 4],
  ] as const)('fails if %s', async ([, name, crashes], { crash: { fleet, scenes } }) => {
    const session = await fleet.ended(scenes[name].id);
    expect(session).toMatchObject({
      status: 'failed',
      failure: { code: 'CRASHED', retryable: false, attempt: 1 },
      attempts: [{ outcome: 'failed', failure: { code: 'CRASHED' }, ended_at: session.end_time }],
    });
    expect(session.attempts).toHaveLength(1);
    expect(session.counts.crashes).toBe(crashes);
    expect(session.transcript.files).toHaveLength(1);
    await waitFor('its job to fail', async () => {
      const state = await fleet.queue.getJobState(session.id);
      return state === 'failed';
    });
  });

  test('is cancelled without another run if a cancel was requested in the meantime', async ({
    crash: { fleet, scenes },
  }) => {
    const session = await fleet.ended(scenes.cancelled.id);
    expect(session).toMatchObject({ status: 'cancelled', attempts: [{ attempt: 1 }] });
    expect(session.attempts).toHaveLength(1);
  });

  test('completes with the work done so far if an interrupt was requested in the meantime', async ({
    crash,
  }) => {
    const session = await crash.fleet.ended(crash.scenes.interrupted.id);
    expect(session).toMatchObject({ status: 'completed', stopped_by: 'interrupt' });
    expect(session).not.toHaveProperty('result');
    expect(session.transcript.files).toHaveLength(1);
    await expect(crash.dump('interrupted')).rejects.toThrow('ENOENT');
  });

  test('fails if it has no turns left', async ({ crash }) => {
    expect(await crash.fleet.ended(crash.scenes['turns spent'].id)).toMatchObject({
      status: 'failed',
      failure: { code: 'MAX_TURNS', attempt: 2 },
      totals: { num_turns: 2 },
    });
    await expect(crash.dump('turns spent')).rejects.toThrow('ENOENT');
  });

  test('is taken over even if it had not printed its first line', async ({
    crash: { fleet, scenes },
  }) => {
    expect(await fleet.ended(scenes.starting.id)).toMatchObject({
      status: 'completed',
      result: { result: 'begun' },
      counts: { crashes: 1 },
    });
  });

  test('is taken over because its lease ended, without the reconciler', async ({
    crash: { fleet, scenes, victim, survivor },
  }) => {
    const { attempts } = await fleet.ended(scenes.resumed.id);
    expect(attempts[1]?.started_at.getTime()).toBeGreaterThanOrEqual(victim.leaseEnd.getTime());
    // A worker logs what its reconciler did, and in this test no worker has the maintenance lease.
    expect(survivor.err()).not.toContain('reconciled the queue');
  });
});
