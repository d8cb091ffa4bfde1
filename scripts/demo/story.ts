// The demo's story: a session runs on one worker, that worker is drained, and another worker
// continues the session.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Info, isTerminal } from '@baton/core/internal';
import type { Stack } from '../stack/stack.ts';
import { type Client, createClient } from './client.ts';
import { eventLine } from './event-line.ts';

/** The result of the story, which `npm run demo -- --json` prints. */
export type Story = { launch: Info; continue: Info; events: number };

/** The options of the story. */
export type StoryOptions = {
  readonly stack: Pick<Stack, 'api' | 'workers'>;
  /** The directory in which the session writes its file; it must be inside an allowed root. */
  readonly scratch: string;
  readonly log: (line: string) => void;
  /** Stops the story early. */
  readonly signal: AbortSignal;
};

const SESSION_WITHIN_MS = 300_000;
const POLL_EVERY_MS = 100;

/** Runs the story, and resolves with its result. Throws if a step does not go as expected. */
export async function runStory({ stack, scratch, log, signal }: StoryOptions): Promise<Story> {
  const client = createClient(stack.api, signal);
  const file = `baton-${randomBytes(3).toString('hex')}.txt`;
  const text = 'The baton is on its way.';

  const query = `Use Bash to write "${text}" into ${file} in the current directory. Say when it is done.`;
  const launched = await client.launch({
    query,
    working_dir: scratch,
    allowed_tools: ['Bash'],
    max_turns: 5,
    title: 'demo: launch',
  });
  log(`launched session ${launched.id}`);
  const first = await follow(client, launched.id, log);
  const written = await readFile(join(scratch, file), 'utf8').catch(() => 'nothing');
  expect(written.trim() === text, `${file} should hold "${text}", it holds "${written}"`);
  log(`worker ${first.worker_id} ran the session; ${file} holds "${written.trim()}"`);

  const worker = stack.workers.find((one) => one.line().worker === first.worker_id);
  if (!worker) throw new Error(`worker ${first.worker_id} does not belong to this demo`);
  log(`draining that worker (SIGTERM to process ${worker.line().pid})`);
  const ending = await worker.stop();
  expect(ending === 'exit 0', `the drained worker should end with 0, it ended with ${ending}`);
  log('that worker has ended; the other worker has never seen this session');

  const question =
    'Answer without tools: which file did you write for me, and how often had I asked you something before this?';
  const continued = await client.continueSession(first.id, {
    query: question,
    max_turns: 5,
    title: 'demo: continue',
  });
  log(`continued as session ${continued.id}`);
  const second = await follow(client, continued.id, log);
  const isElsewhere = second.worker_id !== undefined && second.worker_id !== first.worker_id;
  expect(isElsewhere, 'the other worker should have run it');
  const answer = second.result?.result ?? '';
  expect(answer.includes(file), `the second turn should know ${file}; it said "${answer}"`);
  log(`worker ${second.worker_id} ran it with the history of the first turn: "${answer}"`);

  return {
    launch: first,
    continue: second,
    events: first.last_event_seq + second.last_event_seq,
  };
}

/**
 * Logs the events of a session as they arrive, and resolves with the session when it has completed.
 */
async function follow(client: Client, id: string, log: (line: string) => void): Promise<Info> {
  let after = 0;
  for (const started = Date.now(); Date.now() - started < SESSION_WITHIN_MS; ) {
    // The status is read before the events, because no more events are written after a terminal
    // status.
    const info = await client.info(id);
    const page = await client.events(id, after);
    for (const event of page.events) log(eventLine(event));
    after = page.next_after;
    if (page.events.length > 0) continue;
    if (isTerminal(info.status)) {
      expect(info.status === 'completed', `session ${id} is ${info.status}: ${info.error}`);
      return info;
    }
    await delay(POLL_EVERY_MS);
  }
  throw new Error(`session ${id} did not end within ${SESSION_WITHIN_MS / 1000} s`);
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
