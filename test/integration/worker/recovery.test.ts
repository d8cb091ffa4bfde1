// One worker is killed with sessions in every state that a crash can meet; another one takes them over.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createEventStore,
  createSessionStore,
  createTranscriptStore,
  type Event,
  readConversation,
  type Session,
  type SessionConfig,
} from '@baton/core';
import { describe, expect } from 'vitest';
import type { Step } from '../../fake-claude/script.ts';
import { test as base, type Fleet } from '../../support/fleet.ts';
import { waitFor } from '../../support/wait.ts';

/** A session that the crash meets, and what its transcript must hold by then. */
interface Scene {
  id: string;
  /** What readers had been told when the worker was killed. */
  told: Event[];
}

interface Plan {
  /** What the CLI does in every attempt; it may look at `once` to tell the first from later ones. */
  script(once: string, dump: string): Step[];
  config?: Partial<SessionConfig>;
  /** A text that the saved transcript holds when the crash comes. */
  saved?: string;
  /** Whether a result must have been committed by then. */
  answered?: boolean;
  /** What is done to the document before the crash comes. */
  change?: object;
}

const hang = { hang: true };

/** The first attempt says this and hangs; later ones tell what they were given, and this. */
const twice = (first: Step[], second: Step[]) => (once: string, dump: string) => [
  { once, steps: [...first, hang], else: [{ dump }, ...second] },
];

// An assistant's line that never reaches the transcript.
const unsavedLine = {
  line: {
    type: 'assistant',
    uuid: '0197f0a0-7777-7000-8000-000000000001',
    message: { id: 'msg_lost', role: 'assistant', content: [{ type: 'text', text: 'lost' }] },
  },
};

// And one that is there before it is told: the worker dies in between.
const untoldEntry = JSON.stringify({
  type: 'assistant',
  uuid: '0197f0a0-7777-7000-8000-000000000002',
  message: {
    id: 'msg_untold',
    role: 'assistant',
    content: [{ type: 'text', text: 'untold' }],
    usage: { input_tokens: 3, output_tokens: 1 },
  },
});

const PLANS = {
  resumed: {
    script: twice([{ say: 'one' }, { say: 'two' }], [{ say: 'three' }]),
    saved: 'two',
    config: { max_turns: 5 },
  },
  'half saved': { script: twice([{ say: 'kept' }, unsavedLine], [{ say: 'on' }]), saved: 'kept' },
  'half told': {
    script: twice([{ say: 'one' }, { transcript: `${untoldEntry}\n` }], [{ say: 'on' }]),
    saved: 'untold',
  },
  unsaved: {
    script: (once: string, dump: string) => [
      { unsaved: true },
      { once, steps: [{ say: 'lost' }, hang], else: [{ dump }, { say: 'again' }] },
    ],
  },
  answered: {
    script: twice([{ say: 'the answer' }, { result: {} }], [{ say: 'another answer' }]),
    saved: 'the answer',
    answered: true,
  },
  'answered, not saved': {
    script: twice([unsavedLine, { result: { result: 'lost' } }], [{ say: 'asked again' }]),
    saved: '"type":"user"',
    answered: true,
  },
  restart: {
    script: twice([{ say: 'first' }], [{ say: 'begun again' }]),
    saved: 'first',
    config: { recovery: { on_crash: 'restart' } },
  },
  fail: {
    script: twice([{ say: 'first' }], []),
    saved: 'first',
    config: { recovery: { on_crash: 'fail' } },
  },
  'crashed too often': {
    script: twice([{ say: 'first' }], []),
    saved: 'first',
    change: { 'counts.crashes': 3 },
  },
  cancelled: { script: twice([{ say: 'first' }], []), saved: 'first' },
  interrupted: { script: twice([{ say: 'first' }], []), saved: 'first' },
  'turns spent': {
    script: twice([{ say: 'one' }, { say: 'two' }], [{ say: 'three' }]),
    saved: 'two',
    config: { max_turns: 2 },
  },
  starting: {
    script: (once: string, dump: string) => [
      { init: false },
      { once, steps: [hang], else: [{ dump }, { init: {} }, { say: 'begun' }] },
    ],
  },
} satisfies Record<string, Plan>;

type Name = keyof typeof PLANS;

interface Crash {
  fleet: Fleet;
  scenes: Record<Name, Scene>;
  victim: { id: string; killedAt: number };
  survivor: { id: string };
  dump(name: Name): Promise<{ argv: string[]; prompt: string; earlier_prompts: number }>;
}

async function transcriptOf({ db }: Fleet, session: Session): Promise<string> {
  const store = createTranscriptStore(db);
  let text = '';
  for (const file of session.transcript.files) {
    for await (const data of store.read(file, [session])) text += data.toString();
  }
  return text;
}

async function setScene(fleet: Fleet, name: Name): Promise<Scene> {
  const { script, config, saved, answered, change }: Plan = PLANS[name];
  const steps = script(join(fleet.root, `${name}.once`), join(fleet.root, `${name}.json`));
  const id = await fleet.launch({
    query: `do ${name}`,
    env: { FAKE_CLAUDE_SCRIPT: JSON.stringify(steps) },
    ...config,
  });
  await waitFor(`${name} to be under way`, async () => {
    const session = await fleet.session(id).catch(() => null);
    if (name === 'starting') return session?.status === 'starting';
    if (session?.status !== 'running') return false;
    if (answered && !session.last_result) return false;
    return (
      session.last_event_seq >= 3 && (await transcriptOf(fleet, session)).includes(saved ?? '')
    );
  });
  if (change) await update(fleet, id, change);
  return { id, told: await fleet.events(id) };
}

async function update({ db }: Fleet, id: string, fields: object): Promise<void> {
  await db.collection<{ _id: string }>('sessions').updateOne({ _id: id }, { $set: fields });
}

const test = base.extend<{ $file: { crash: Crash } }>({
  crash: [
    async ({ fleet }, use) => {
      const victim = await fleet.worker({ WORKER_CONCURRENCY: '20', LEASE_MS: '2000' });
      const names = Object.keys(PLANS) as Name[];
      const set = await Promise.all(names.map(async (name) => [name, await setScene(fleet, name)]));
      const scenes = Object.fromEntries(set) as Record<Name, Scene>;
      await victim.kill();
      const killedAt = Date.now();
      await update(fleet, scenes.cancelled.id, { cancel_requested_at: new Date() });
      await update(fleet, scenes.interrupted.id, { interrupt_requested_at: new Date() });
      const survivor = await fleet.worker({ WORKER_CONCURRENCY: '20', LEASE_MS: '2000' });
      await use({
        fleet,
        scenes,
        victim: { id: victim.id, killedAt },
        survivor,
        dump: async (name) => JSON.parse(await readFile(join(fleet.root, `${name}.json`), 'utf8')),
      });
    },
    { scope: 'file' },
  ],
});

/** The texts of the conversation as a reader gets it. */
async function conversation({ db }: Fleet, session: Session): Promise<string[]> {
  const stores = { sessions: createSessionStore(db), events: createEventStore(db) };
  const { events } = await readConversation(stores, session, { limit: 1000 });
  return events.flatMap(({ raw }) => {
    const content = JSON.parse(raw).message?.content;
    if (typeof content === 'string') return [content];
    return (content ?? []).map(({ text }: { text: string }) => text);
  });
}

const GO_ON = 'Continue from where you left off.';

describe('a session whose worker was killed', () => {
  // The first one waits for the crash to be set up, and for all the recoveries.
  test('is resumed by another from its saved transcript', { timeout: 90_000 }, async ({
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

  test('has the turns and tokens of all its attempts, and no more turns than were left', async ({
    crash,
  }) => {
    const session = await crash.fleet.ended(crash.scenes.resumed.id);
    const { argv } = await crash.dump('resumed');
    expect(argv).toContain('--max-turns=3');
    expect(argv).toContain(`--resume=${session.id}`);
    // Two messages of the first attempt, one turn that the second reports.
    expect(session.totals).toMatchObject({ num_turns: 3, input_tokens: 20 + 10 });
    expect(session.totals.cost_usd).toBeCloseTo(0.01, 5);
  });

  test('loses no event that was told, and has none twice', async ({ crash: { fleet, scenes } }) => {
    for (const [name, { id, told }] of Object.entries(scenes)) {
      await fleet.ended(id);
      const events = await fleet.events(id);
      expect(events.slice(0, told.length), name).toEqual(told);
      expect(
        events.map(({ seq }) => seq),
        name,
      ).toEqual(events.map((_, index) => index + 1));
      const fences = events.map(({ fence }) => fence);
      expect(fences, name).toEqual(fences.toSorted());
    }
  });

  test('leaves out of the conversation what its transcript does not hold', async ({
    crash: { fleet, scenes },
  }) => {
    const session = await fleet.ended(scenes['half saved'].id);
    expect(session).toMatchObject({ status: 'completed', superseded: [{ from: 4, to: 4 }] });
    expect(await conversation(fleet, session)).toEqual(['do half saved', 'kept', GO_ON, 'on']);
    expect((await fleet.events(session.id))[3]?.raw).toContain('lost');
  });

  test('tells what its transcript holds and nobody had been told', async ({
    crash: { fleet, scenes },
  }) => {
    const session = await fleet.ended(scenes['half told'].id);
    expect(session).toMatchObject({ status: 'completed', result: { result: 'on' } });
    // Two messages of the first attempt, one turn that the second reports.
    expect(session.totals).toMatchObject({ num_turns: 3, input_tokens: 10 + 3 + 10 });
    expect(await conversation(fleet, session)).toEqual([
      'do half told',
      'one',
      'untold',
      GO_ON,
      'on',
    ]);
  });

  test('says its own prompt again where that was not saved', async ({ crash }) => {
    const { fleet, scenes } = crash;
    const session = await fleet.ended(scenes.unsaved.id);
    expect(session).toMatchObject({ status: 'completed', superseded: [{ from: 1, to: 3 }] });
    const { argv, prompt, earlier_prompts } = await crash.dump('unsaved');
    expect({ prompt, earlier_prompts }).toEqual({ prompt: 'do unsaved', earlier_prompts: 0 });
    expect(argv).toContain(`--session-id=${session.id}`);
    expect(await conversation(fleet, session)).toEqual(['do unsaved', 'again']);
  });

  test('is concluded from the result that it had committed, without another turn', async ({
    crash,
  }) => {
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

  test('is asked again where the answer was not in the transcript', async ({ crash }) => {
    const session = await crash.fleet.ended(crash.scenes['answered, not saved'].id);
    expect(session).toMatchObject({ status: 'completed', result: { result: 'asked again' } });
    expect(await crash.dump('answered, not saved')).toMatchObject({ prompt: GO_ON });
  });

  test('begins again where its policy is to restart', async ({ crash }) => {
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
    ['it crashed more often than it may', 'crashed too often', 4],
  ] as const)('fails where %s', async ([, name, crashes], { crash: { fleet, scenes } }) => {
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

  test('is not begun again where its cancel was asked for meanwhile', async ({
    crash: { fleet, scenes },
  }) => {
    const session = await fleet.ended(scenes.cancelled.id);
    expect(session).toMatchObject({ status: 'cancelled', attempts: [{ attempt: 1 }] });
    expect(session.attempts).toHaveLength(1);
  });

  test('is completed with what it has where its interrupt was asked for meanwhile', async ({
    crash,
  }) => {
    const session = await crash.fleet.ended(crash.scenes.interrupted.id);
    expect(session).toMatchObject({ status: 'completed', stopped_by: 'interrupt' });
    expect(session).not.toHaveProperty('result');
    expect(session.transcript.files).toHaveLength(1);
    await expect(crash.dump('interrupted')).rejects.toThrow('ENOENT');
  });

  test('fails where its turns were spent', async ({ crash }) => {
    expect(await crash.fleet.ended(crash.scenes['turns spent'].id)).toMatchObject({
      status: 'failed',
      failure: { code: 'MAX_TURNS', attempt: 2 },
      totals: { num_turns: 2 },
    });
    await expect(crash.dump('turns spent')).rejects.toThrow('ENOENT');
  });

  test('is taken over before its first line too', async ({ crash: { fleet, scenes } }) => {
    expect(await fleet.ended(scenes.starting.id)).toMatchObject({
      status: 'completed',
      result: { result: 'begun' },
      counts: { crashes: 1 },
    });
  });

  test('is taken within the lease and two looks for stalled jobs', async ({
    crash: { fleet, scenes, victim },
  }) => {
    const session = await fleet.ended(scenes.resumed.id);
    const taken = (session.attempts[1]?.started_at.getTime() ?? 0) - victim.killedAt;
    // Lease 2 s, looks each second; the rest is a survivor that had to start first.
    expect(taken).toBeLessThan(15_000);
  });
});
