// Runs an attempt in this process with a fake CLI: the work of a worker, without its queue.
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createAdopter,
  createLogger,
  createOpener,
  createStoreClock,
  createStores,
  DEFAULT_POLICY,
  type EventStore,
  type Mongo,
  newId,
} from '@baton/core/internal';
import { startAttempt } from '../apps/worker/src/attempt/attempt.ts';
import type { AttemptDeps } from '../apps/worker/src/attempt/attempt-context.ts';
import { findParentDeathLauncher } from '../apps/worker/src/claude/parent-death.ts';
import { createHostHealth } from '../apps/worker/src/host/host-health.ts';
import { createIdentity } from '../apps/worker/src/host/identity.ts';
import { createStuckProcesses } from '../apps/worker/src/host/stuck-processes.ts';
import { createMasker } from '../apps/worker/src/masking/masker.ts';
import { FAKE_CLAUDE } from '../test/fake-claude/install.ts';

const MINUTE_MS = 60_000;

/**
 * Runs one session whose fake CLI plays `query`. `watch` may wrap the event store to observe its
 * writes.
 */
export async function runFakeSession(
  mongo: Mongo,
  query: string,
  watch: (events: EventStore) => EventStore,
): Promise<void> {
  const workRoot = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const clock = createStoreClock(mongo.db);
  const stores = createStores(mongo.db, clock);
  const path = process.env['PATH'] ?? '';
  const identity = createIdentity();
  const log = createLogger('bench', 'silent');
  const deps: AttemptDeps = {
    host: createHostHealth({ probe: async () => null, stuck: createStuckProcesses(log), log }),
    clock,
    live: { statusChanged() {}, progressed() {}, partials() {} },
    cli: { file: FAKE_CLAUDE, version: 'fake' },
    launcher: await findParentDeathLauncher(path),
    leaseMs: 12_000,
    retryFirstMs: 2_000,
    deadlines: { startup: MINUTE_MS, idle: MINUTE_MS, wall_clock: 10 * MINUTE_MS, exit: MINUTE_MS },
    setupTimeoutMs: MINUTE_MS,
    gitAuthor: { name: 'Baton', email: 'baton@localhost' },
    log,
    stores: { ...stores, events: watch(stores.events) },
    identity,
    workRoot,
    repositories: null,
    workspace: { whyNot: 'capture_off', maxBytes: 1, maxFiles: 1 },
    wakeups: 'allow',
    policy: { ...DEFAULT_POLICY, allowedRoots: [workRoot] },
    opener: createOpener([]),
    baseEnv: { PATH: path, HOME: workRoot },
    secrets: [],
    masker: createMasker([]),
    scrub: { isOn: () => false },
  };
  const id = newId();
  const adopter = createAdopter(stores, async () => null);
  const data = { version: 1, kind: 'launch', id, config: { query } };
  await adopter.adopt({ id, data, timestamp: Date.now() });
  const claim = await stores.claims.claim(id, {
    worker_id: identity.workerId,
    host: hostname(),
    leaseMs: deps.leaseMs,
  });
  if (claim.kind !== 'claimed') throw new Error(`expected to claim the session, got ${claim.kind}`);
  const end = await startAttempt(deps, claim.session, claim.attempt).end;
  await rm(workRoot, { recursive: true, force: true });
  if (end.kind !== 'ended' || end.status !== 'completed') {
    throw new Error(`expected the session to complete, got ${JSON.stringify(end)}`);
  }
}
