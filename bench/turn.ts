// (c) A scripted one-turn session through Baton, enqueue to final document, against plain `claude -p`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createProducer,
  createSessionStore,
  isTerminal,
  type Mongo,
  type Session,
} from '@baton/core/internal';
import { execa } from 'execa';
import { startMessagesApi } from '../test/support/messages-api/messages-api.ts';
import { text } from '../test/support/messages-api/reply.ts';
import { addedMeasure, type Measure, median } from './measure.ts';
import { startWorker } from './worker-process.ts';

const CLAUDE = fileURLToPath(new URL('../node_modules/.bin/claude', import.meta.url));
const QUERY = 'Say hello.';
const ROUNDS = 9;
const POLL_MS = 20;

/** Runs the same turn by turns through Baton and plainly, and compares the medians of the wall times. */
export async function benchTurn(
  mongo: Mongo,
  { redisUrl, mongodbUrl }: { redisUrl: string; mongodbUrl: string },
): Promise<Measure> {
  const root = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const api = await startMessagesApi({ script: [text('Hello.')] });
  const credentials = { ANTHROPIC_BASE_URL: api.url, ANTHROPIC_API_KEY: 'scripted' };
  const prefix = 'bench-turn';
  const worker = await startWorker({
    ...credentials,
    REDIS_URL: redisUrl,
    MONGODB_URL: mongodbUrl,
    QUEUE_PREFIX: prefix,
    WORK_ROOT: root,
    CLAUDE_BIN: CLAUDE,
    SUBPROCESS_ENV_SCRUB: 'off',
  });
  const producer = createProducer({ connection: redisUrl, prefix });
  const sessions = createSessionStore(mongo.db);

  async function ours(): Promise<number> {
    const start = Date.now();
    const { id } = await producer.launchSession({ query: QUERY });
    const session = await finalDocument(() => sessions.get(id));
    if (session.status !== 'completed') throw new Error(`session ${id} ${session.error}`);
    // By its own last write, so that how often we look does not count.
    return (session.end_time?.getTime() ?? Number.NaN) - start;
  }

  async function plain(round: number): Promise<number> {
    const start = Date.now();
    await execa(CLAUDE, ['--print', '--output-format=stream-json', '--verbose'], {
      input: QUERY,
      cwd: root,
      extendEnv: false,
      env: {
        ...credentials,
        PATH: process.env['PATH'] ?? '',
        HOME: root,
        CLAUDE_CONFIG_DIR: join(root, `plain-${round}`),
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
      },
    });
    return Date.now() - start;
  }

  const times = { ours: [] as number[], plain: [] as number[] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [baton, byHand] = [await ours(), await plain(round)];
    if (round === 0) continue; // warm-up
    times.ours.push(baton);
    times.plain.push(byHand);
  }
  await worker.stop();
  await Promise.all([producer.close(), api.stop()]);
  await rm(root, { recursive: true, force: true });
  return addedMeasure('one-turn session, wall time', 'ms', {
    ours: median(times.ours),
    byHand: median(times.plain),
    most: 150,
  });
}

async function finalDocument(look: () => Promise<Session | null>): Promise<Session> {
  for (;;) {
    const session = await look();
    if (session && isTerminal(session.status)) return session;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
