// The scenarios that must hold while workers of two versions share one queue.
import type { Info } from '@baton/core/internal';
import { fakePrompt } from '../../test/fake-claude/install.ts';
import type { Fleet, Version } from './fleet.ts';

/**
 * A scenario. `run` throws if the scenario does not hold. Workers that still run are stopped after
 * the scenario.
 */
export interface Scenario {
  name: string;
  /** A file that the older commit must have. If the file is missing, the scenario is skipped. */
  needs?: string;
  /** A file that the older commit must not have. If the file is there, the scenario is skipped. */
  lacks?: string;
  run(fleet: Fleet): Promise<void>;
}

const query = fakePrompt([{ say: 'done' }]);
// Only the first attempt hangs, because the second attempt resumes the conversation.
const HANGING = fakePrompt([{ say: 'begun' }, { hang: true }]);

// A commit without this file has workers that know no messages.
const MESSAGES = 'packages/core/src/store/message-acceptance.ts';

const OTHER: Record<Version, Version> = { old: 'new', new: 'old' };

/** The scenarios, in the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'an old worker runs sessions that the new API launches and continues',
    run: (fleet) => launchAndContinue(fleet, 'old', 'old'),
  },
  {
    name: 'an old worker runs a session that the new producer launches with only Redis',
    async run(fleet) {
      const worker = await fleet.worker('old');
      const { id } = await fleet.producer.launchSession({ query });
      // The API creates the document when the session is first read.
      completedOn(await fleet.ended(id), worker.id);
    },
  },
  {
    name: 'a new worker continues a session that an old worker ran',
    run: (fleet) => launchAndContinue(fleet, 'old', 'new'),
  },
  {
    name: 'an old worker continues a session that a new worker ran',
    run: (fleet) => launchAndContinue(fleet, 'new', 'old'),
  },
  ...(['old', 'new'] as const).flatMap((from) => [
    {
      name: `the ${OTHER[from]} worker takes over from a crashed ${from} worker`,
      run: (fleet: Fleet) => takeOverFrom(fleet, from, 'kill'),
    },
    {
      name: `the ${OTHER[from]} worker runs a session that a stopped ${from} worker hands back`,
      run: (fleet: Fleet) => takeOverFrom(fleet, from, 'stop'),
    },
  ]),
  {
    name: 'twenty sessions complete on an old and a new worker that run together',
    async run(fleet) {
      await fleet.worker('old');
      await fleet.worker('new');
      const launched = await Promise.all(
        Array.from({ length: 20 }, () => fleet.api.launch({ query })),
      );
      for (const { id } of launched) completedOn(await fleet.ended(id));
    },
  },
  {
    name: 'a session that has a message waits for a new worker, which delivers the message',
    lacks: MESSAGES,
    async run(fleet) {
      const { id } = await fleet.api.launch({ query });
      await fleet.api.sendMessage(id, { content: query });
      const old = await fleet.worker('old');
      // The queue is first in, first out, so the old worker has then left the session with a message.
      completedOn(await fleet.ended((await fleet.api.launch({ query })).id), old.id);
      // An old worker that runs on may take the job again, and delay it for longer each time.
      await old.stop();
      const worker = await fleet.worker('new');
      completedOn(await fleet.ended(id), worker.id);
      const { messages } = await fleet.api.messages(id);
      const statuses = messages.map(({ status }) => status).join();
      check(statuses === 'delivered', `expected a delivered message, got: ${statuses}`);
    },
  },
  {
    name: 'the new API sends no message to a session that an old worker runs',
    lacks: MESSAGES,
    async run(fleet) {
      await fleet.worker('old');
      const { id } = await fleet.api.launch({ query: HANGING });
      await fleet.until(id, 'running', ({ status }) => status === 'running');
      const refusal = await fleet.api
        .sendMessage(id, { content: 'hello' })
        .then(({ status }) => `a message with the status ${status}`, String);
      check(refusal.includes('WORKER_OUTDATED'), `expected WORKER_OUTDATED, got ${refusal}`);
    },
  },
  {
    name: 'a session stays queued if neither worker knows the feature that it requires',
    needs: 'packages/core/src/model/config/required-features.ts',
    async run(fleet) {
      await fleet.worker('old');
      await fleet.worker('new');
      const { id } = await fleet.producer.launchSession({ query }, { requires: ['invented'] });
      // The queue is first in, first out. So once the session `next` runs, a worker has already
      // taken the job of the session that requires the feature.
      const next = await fleet.api.launch({ query });
      completedOn(await fleet.ended(next.id));
      const { status } = await fleet.api.info(id);
      check(status === 'queued', `expected session ${id} to be queued, it is ${status}`);
    },
  },
];

async function launchAndContinue(fleet: Fleet, first: Version, second: Version): Promise<void> {
  const one = await fleet.worker(first);
  const { id } = await fleet.api.launch({ query });
  completedOn(await fleet.ended(id), one.id);
  await one.stop();
  const other = await fleet.worker(second);
  const continued = await fleet.api.continueSession(id, { query });
  completedOn(await fleet.ended(continued.id), other.id);
}

async function takeOverFrom(fleet: Fleet, from: Version, how: 'kill' | 'stop'): Promise<void> {
  const first = await fleet.worker(from);
  const { id } = await fleet.api.launch({ query: HANGING });
  await fleet.until(id, 'running', ({ status, last_event_seq }) => {
    return status === 'running' && last_event_seq > 0;
  });
  // Without a stored transcript, the second attempt would begin anew, and hang like the first.
  await fleet.saved(id);
  const second = await fleet.worker(OTHER[from]);
  await first[how]();
  const info = await fleet.ended(id);
  completedOn(info, second.id);
  check(info.attempt === 2, `expected session ${id} to take 2 attempts, it took ${info.attempt}`);
}

function completedOn({ id, status, error, worker_id }: Info, expected = worker_id): void {
  check(
    status === 'completed',
    `expected session ${id} to be completed, it is ${status}: ${error ?? 'no error'}`,
  );
  check(
    worker_id === expected,
    `expected session ${id} to run on worker ${expected}, it ran on ${worker_id}`,
  );
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
