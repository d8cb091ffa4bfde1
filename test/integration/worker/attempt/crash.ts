// One worker is killed while its sessions are in all the states of PLANS; a second worker takes them over.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event, SessionConfig } from '@baton/core/internal';
import type { Step } from '../../../fake-claude/script.ts';
import { test as base, type Fleet } from '../../../support/fleet.ts';
import { holdMaintenance } from '../../../support/hold-maintenance.ts';
import { transcriptOf } from '../../../support/transcript-of.ts';
import { waitFor } from '../../../support/wait.ts';
import type { WorkerProcess } from '../../../support/worker-process.ts';

/** A session that ran when the worker was killed. */
export interface Scene {
  id: string;
  /** The events that were stored when the worker was killed. */
  received: Event[];
}

/** A session's script and config, and the conditions before the crash. */
interface Plan {
  /**
   * What the CLI does in every attempt. The steps can use the file `once` to distinguish the first
   * attempt from later attempts.
   */
  script(once: string, dump: string): Step[];
  config?: Partial<SessionConfig>;
  /** A text that the saved transcript must hold before the crash. */
  saved?: string;
  /** Whether a result must have been committed before the crash. */
  answered?: boolean;
  /** Fields that are set on the session document before the crash. */
  change?: object;
}

const hang = { hang: true };

/** The first attempt plays `first` and hangs; later attempts dump their arguments and play `second`. */
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

// A message that is in the transcript, although its line was not printed before the worker died.
const pendingEntry = JSON.stringify({
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
    script: twice([{ say: 'one' }, { transcript: `${pendingEntry}\n` }], [{ say: 'on' }]),
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

/** The killed worker, the worker after it, and their sessions. */
export interface Crash {
  fleet: Fleet;
  scenes: Record<Name, Scene>;
  /** The worker that was killed, and the end of the lease that it held on the scene `resumed`. */
  victim: { id: string; leaseEnd: Date };
  survivor: WorkerProcess;
  dump(name: Name): Promise<{ argv: string[]; prompt: string; earlier_prompts: number }>;
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
  return { id, received: await fleet.events(id) };
}

async function update({ db }: Fleet, id: string, fields: object): Promise<void> {
  await db.collection<{ _id: string }>('sessions').updateOne({ _id: id }, { $set: fields });
}

/**
 * `test` with a fleet whose first worker was killed and whose second worker takes over. The reconciler
 * does not run, so only the end of the lease leads to the takeover.
 */
export const test = base.extend<{ $file: { crash: Crash } }>({
  crash: [
    async ({ fleet }, use) => {
      await holdMaintenance(fleet.db);
      const victim = await fleet.worker({ WORKER_CONCURRENCY: '20', LEASE_MS: '2000' });
      const names = Object.keys(PLANS) as Name[];
      const set = await Promise.all(names.map(async (name) => [name, await setScene(fleet, name)]));
      const scenes = Object.fromEntries(set) as Record<Name, Scene>;
      await victim.kill();
      const { lease } = await fleet.session(scenes.resumed.id);
      if (!lease.expires_at) throw new Error('expected the killed worker to hold a lease');
      await update(fleet, scenes.cancelled.id, { cancel_requested_at: new Date() });
      await update(fleet, scenes.interrupted.id, { interrupt_requested_at: new Date() });
      const survivor = await fleet.worker({ WORKER_CONCURRENCY: '20', LEASE_MS: '2000' });
      await use({
        fleet,
        scenes,
        victim: { id: victim.id, leaseEnd: lease.expires_at },
        survivor,
        dump: async (name) => JSON.parse(await readFile(join(fleet.root, `${name}.json`), 'utf8')),
      });
    },
    { scope: 'file' },
  ],
});
