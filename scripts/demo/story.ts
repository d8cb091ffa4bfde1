// The demo's story: a session edits a file on one worker, that worker is killed in the middle of a
// tool call, and the other worker continues with the same files.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Info } from '@baton/core/internal';
import type { Stack } from '../stack/stack.ts';
import { createClient } from './client.ts';
import { cutCallsIn } from './cut-calls.ts';
import { followSession } from './follow.ts';

/** The result of the story, which `npm run demo -- --json` prints. */
export type Story = {
  launch: Info;
  continue: Info;
  events: number;
  /** The worker that was killed, and the path at which the session worked there. */
  killed: { worker_id: string; path: string };
  /** The file that the session wrote, as the other worker has it at the end. */
  file: { name: string; text: string };
};

/** The options of the story. */
export type StoryOptions = {
  readonly stack: Pick<Stack, 'api' | 'workers'>;
  readonly log: (line: string) => void;
  /** Stops the story early. */
  readonly signal: AbortSignal;
};

const FIRST = 'The baton is on its way.';
const SECOND = 'It has arrived.';

/** Runs the story, and resolves with its result. Throws if a step does not go as expected. */
export async function runStory({ stack, log, signal }: StoryOptions): Promise<Story> {
  const client = createClient(stack.api, signal);
  const name = `baton-${randomBytes(3).toString('hex')}.txt`;

  const launched = await client.launch({
    query:
      `Use Bash to write "${FIRST}" into ${name} in the current directory. ` +
      `Then, in a second call of Bash, append "${SECOND}" and wait with \`sleep 60\`. Say when it is done.`,
    allowed_tools: ['Bash'],
    max_turns: 10,
    title: 'demo: launch',
  });
  log(`launched session ${launched.id}`);
  const session = followSession(client, launched.id, log);
  const before = await session.until(async ({ id, workspace }) => {
    const isCaptured = (workspace?.files ?? 0) > 0;
    return isCaptured && bashCalls(await client.transcript(id)) >= 2;
  });
  const killed = whereItRuns(before);
  log(`worker ${killed.worker_id} runs the session in ${killed.path}`);
  log(`Baton captured its files at ${before.workspace?.captured_at}, after the first call`);

  const worker = stack.workers.find(({ line }) => line().worker === killed.worker_id);
  if (!worker) throw new Error(`worker ${killed.worker_id} does not belong to this demo`);
  log(
    `killing that worker in the middle of the second call (SIGKILL to process ${worker.line().pid})`,
  );
  const ending = await worker.kill();
  expect(ending === 'SIGKILL', `the worker should end by SIGKILL, it ended with ${ending}`);
  log(
    'it is not started again; the other worker has another disk and takes over when the lease expires',
  );

  const { workspace: taken } = await session.until(
    ({ workspace }) => workspace !== undefined && workspace.path !== killed.path,
  );
  log(`the other worker restored the captured files to ${taken?.path}`);

  let cutCalls: string[] = [];
  const first = await session.until((info, events) => {
    cutCalls = cutCallsIn(events);
    return info.status === 'completed';
  });
  const now = whereItRuns(first);
  expect(now.worker_id !== killed.worker_id, 'the other worker should have continued');
  expect(now.path !== killed.path, `the other worker should have another path, it has ${now.path}`);
  const text = await readFile(join(now.path, name), 'utf8').catch(() => 'nothing');
  expect(
    text.trim() === `${FIRST}\n${SECOND}`,
    `${name} should hold both lines once, it holds "${text}"`,
  );
  log(`worker ${now.worker_id} finished the session`);
  if (cutCalls.length === 0)
    log('no call was cut from the conversation: the capture covers them all');
  else {
    log('the calls that were cut from the conversation, as the capture may lack their changes:');
    for (const call of cutCalls) log(`  ${call}`);
  }
  log(`${name} holds "${text.trim().replaceAll('\n', ' / ')}"`);

  const continued = await client.continueSession(first.id, {
    query: 'Read the file that you wrote for me, and say what it holds.',
    max_turns: 5,
    title: 'demo: continue',
  });
  log(`continued as session ${continued.id}`);
  const second = await followSession(client, continued.id, log).until(
    ({ status }) => status === 'completed',
  );
  const answer = second.result?.result ?? '';
  expect(
    [FIRST, SECOND].every((line) => answer.includes(line)),
    `the continue should know both lines of ${name}; it said "${answer}"`,
  );
  log(
    `it works in ${whereItRuns(second).path} and read the file: "${answer.replaceAll('\n', ' / ')}"`,
  );

  return {
    launch: first,
    continue: second,
    events: first.last_event_seq + second.last_event_seq,
    killed,
    file: { name, text },
  };
}

/** Returns how often the model has called Bash in a transcript. */
function bashCalls(transcript: string): number {
  return transcript.match(/"type":"tool_use"[^{]*"name":"Bash"/g)?.length ?? 0;
}

function whereItRuns({ worker_id, workspace }: Info): { worker_id: string; path: string } {
  if (worker_id === undefined || workspace === undefined) {
    throw new Error('expected a session that a worker has taken, got another');
  }
  return { worker_id, path: workspace.path };
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
