// The demo's story: a session begins with a clone of a repository and edits two files. Its worker is killed in the middle
// of the second edit, the other worker continues with the same files, and the work is pushed to a branch.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Info } from '@baton/core/internal';
import type { Stack } from '../stack/stack.ts';
import { type Client, createClient } from './client.ts';
import { cutCallsIn } from './cut-calls.ts';
import { type Follower, followSession } from './follow.ts';
import { BRANCH, type DemoRepository, type PushedBranch } from './repository.ts';

/** The result of the story, which `npm run demo -- --json` prints. */
export type Story = {
  launch: Info;
  continue: Info;
  events: number;
  /** The worker that was killed, and the path at which the session worked there. */
  killed: Location;
  /** The second file that the session edited, as the other worker has it at the end. */
  file: { name: string; text: string };
  /** What the session changed, as the API shows it. */
  diff: string;
  /** The pushed branch and its files, as the git server has them. */
  pushed: { branch: string; commit: string; files: Record<string, string> };
};

/** The options of the story. */
export type StoryOptions = {
  readonly stack: Pick<Stack, 'api' | 'workers'>;
  readonly repository: Pick<DemoRepository, 'url' | 'readPushed'>;
  readonly log: (line: string) => void;
  /** Stops the story early. */
  readonly signal: AbortSignal;
};

/** A worker, and the path at which a session works there. */
type Location = { worker_id: string; path: string };

type Scene = StoryOptions & { readonly client: Client };

const FIRST = { file: 'route.txt', line: 'the baton is on its way.' };
const SECOND = { file: 'README.md', line: 'It has arrived.' };

/** Runs the story, and resolves with its result. Throws if a step does not go as expected. */
export async function runStory(options: StoryOptions): Promise<Story> {
  const { stack, repository, log, signal } = options;
  const scene = { ...options, client: createClient(stack.api, signal) };
  const launched = await scene.client.launch({
    query:
      `Use Bash to append "${FIRST.line}" to ${FIRST.file} in the current directory. ` +
      `Then, in a second call of Bash, append "${SECOND.line}" to ${SECOND.file} ` +
      'and wait with `sleep 60`. Say when it is done.',
    workspace: { type: 'git', url: repository.url, push: { branch: BRANCH } },
    allowed_tools: ['Bash'],
    max_turns: 10,
    title: 'demo: launch',
  });
  log(`launched session ${launched.id}`);
  const session = followSession(scene.client, launched.id, log);
  const killed = await killInSecondEdit(scene, session);
  const first = await finishElsewhere(scene, session, killed);
  const { path } = whereItRuns(first);
  const text = await readFile(join(path, SECOND.file), 'utf8').catch(() => 'nothing');
  const { diff, pushed } = await showWork(scene, first);
  const second = await continueIt(scene, first);
  return {
    launch: first,
    continue: second,
    events: first.last_event_seq + second.last_event_seq,
    killed,
    file: { name: SECOND.file, text },
    diff,
    pushed: { branch: BRANCH, commit: pushed.commit, files: pushed.files },
  };
}

/** Kills the worker once the first edit is captured and the second one runs. Returns where the session was. */
async function killInSecondEdit(
  { client, stack, log }: Scene,
  session: Follower,
): Promise<Location> {
  const before = await session.until(async ({ id }) => {
    const isInSecond = bashCalls(await client.transcript(id)) >= 2;
    return isInSecond && (await client.diff(id)).includes(`+${FIRST.line}`);
  });
  const killed = whereItRuns(before);
  const { base, captured_at } = before.workspace ?? {};
  log(`worker ${killed.worker_id} runs the session in ${killed.path}`);
  log(`it began with commit ${base?.commit.slice(0, 7)} of ${base?.url}`);
  log(`Baton captured its files at ${captured_at}, after the first edit`);

  const worker = stack.workers.find(({ line }) => line().worker === killed.worker_id);
  if (!worker) throw new Error(`worker ${killed.worker_id} does not belong to this demo`);
  log(
    `killing that worker in the middle of the second edit (SIGKILL to process ${worker.line().pid})`,
  );
  const ending = await worker.kill();
  expect(ending === 'SIGKILL', `the worker should end by SIGKILL, it ended with ${ending}`);
  log(
    'it is not started again; the other worker has another disk and takes over when the lease expires',
  );
  return killed;
}

/** Waits until the other worker has finished the session. */
async function finishElsewhere({ log }: Scene, session: Follower, killed: Location): Promise<Info> {
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
  log(`worker ${now.worker_id} finished the session`);
  if (cutCalls.length === 0)
    log('no call was cut from the conversation: the capture covers them all');
  else {
    log('the calls that were cut from the conversation, as the capture may lack their changes:');
    for (const call of cutCalls) log(`  ${call}`);
  }
  return first;
}

/** Shows what the session changed, and the branch that Baton pushed. */
async function showWork(
  { client, repository, log }: Scene,
  { id, workspace }: Info,
): Promise<{ diff: string; pushed: PushedBranch }> {
  const diff = await client.diff(id);
  log(`what the session changed, from GET /v1/sessions/${id}/diff:`);
  logLines(log, diff);
  for (const { line, file } of [FIRST, SECOND])
    expect(diff.split(`+${line}\n`).length === 2, `the diff should add "${line}" to ${file} once`);

  const pushed = await repository.readPushed();
  log(`Baton pushed it at ${workspace?.push?.pushed_at}; the git server has the branch ${BRANCH}:`);
  logLines(log, pushed.summary);
  const { commit, ahead } = pushed;
  expect(ahead === 1, `${BRANCH} should have one new commit, it has ${ahead}`);
  expect(commit === workspace?.push?.commit, `${BRANCH} should be at ${workspace?.push?.commit}`);
  return { diff, pushed };
}

/** Continues the session with a question about its files. */
async function continueIt({ client, log }: Scene, first: Info): Promise<Info> {
  const continued = await client.continueSession(first.id, {
    query: 'Read the files that you edited for me, and say what they hold.',
    max_turns: 5,
    title: 'demo: continue',
  });
  log(`continued as session ${continued.id}`);
  const second = await followSession(client, continued.id, log).until(
    ({ status }) => status === 'completed',
  );
  const answer = second.result?.result ?? '';
  for (const { line, file } of [FIRST, SECOND])
    expect(answer.includes(line), `the continue should know ${file}; it said "${answer}"`);
  const { path } = whereItRuns(second);
  log(`it works in ${path} and read the files: "${answer.replaceAll('\n', ' / ')}"`);
  return second;
}

/** Returns how often the model has called Bash in a transcript. */
function bashCalls(transcript: string): number {
  return transcript.match(/"type":"tool_use"[^{]*"name":"Bash"/g)?.length ?? 0;
}

function whereItRuns({ worker_id, workspace }: Info): Location {
  if (worker_id === undefined || workspace === undefined) {
    throw new Error('expected a session that a worker has taken, got another');
  }
  return { worker_id, path: workspace.path };
}

function logLines(log: (line: string) => void, text: string): void {
  for (const line of text.trimEnd().split('\n')) log(`  ${line}`.trimEnd());
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
