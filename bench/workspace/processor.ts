// Measures the share of processor time that captures take in sessions that edit files.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, type Mongo, type Session } from '@baton/core/internal';
import { startMessagesApi } from '../../test/support/messages-api/messages-api.ts';
import { type Reply, text, toolUse, toolUses } from '../../test/support/messages-api/reply.ts';
import type { MessagesRequest } from '../../test/support/messages-api/request.ts';
import { atMostMeasure, type Measure, median } from '../measure.ts';
import { CLAUDE } from '../real-cli.ts';
import { createRig, type Rig, type Urls } from '../rig.ts';
import type { BenchWorker } from '../worker-process.ts';
import { createGitMeter } from './git-meter.ts';
import { type ManyFiles, makeFiles } from './many-files.ts';

const FILES = 1_000;
const EDITS = 10;
/** How long the model takes for each edit, in milliseconds. */
const THINKING_MS = 2_000;
/** How many sessions count. */
const RUNS = 3;
const POLL_MS = 2;
const TOOLS = ['Read', 'Edit'];
const MARK = 'An edit of the benchmark.';

/**
 * Runs sessions that edit files, and compares the processor time of their captures (the engine's thread and its git
 * processes) with that of worker and CLI together.
 */
export async function benchProcessor(mongo: Mongo, urls: Urls): Promise<Measure> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const meter = await createGitMeter(join(folder, 'bin'));
  const rig = await createRig(mongo, urls);
  const edits = createEdits();
  const api = await startMessagesApi({ script: edits.script });
  try {
    const worker = await rig.worker({
      ANTHROPIC_BASE_URL: api.url,
      ANTHROPIC_API_KEY: 'scripted',
      CLAUDE_BIN: CLAUDE,
      PATH: meter.path,
    });
    const { manager } = rig.baton;
    const first = await manager.launchSession({ query: 'Begin.', allowed_tools: TOOLS });
    const { workspace } = await ended(rig, first.id);
    if (!workspace) throw new Error(`expected session ${first.id} to have a workspace`);
    const files = await makeFiles(workspace.path, FILES);
    let last = first.id;

    async function run(round: number): Promise<void> {
      const paths = files.paths.slice(round * EDITS, (round + 1) * EDITS);
      const query = edits.plan(`Edit the files of round ${round}.`, files, paths);
      last = (await manager.continueSession({ parent_session_id: last, query })).id;
      const session = await ended(rig, last);
      if (session.workspace?.capture?.files !== FILES) {
        throw new Error(`expected a capture of ${FILES} files at the end of session ${last}`);
      }
    }

    // Warm-up: the first capture of the files is another measure.
    const [engine] = await Promise.all([findEngine(worker), run(0)]);
    const times = { captures: [] as number[], all: [] as number[] };
    for (let round = 1; round <= RUNS; round += 1) {
      const before = { all: await worker.cpuWithEndedMs(), git: await meter.read() };
      const engineBefore = await worker.threadCpuMs(engine);
      await run(round);
      const git = await meter.read();
      const shell = git.shellMs - before.git.shellMs;
      const inEngine = (await worker.threadCpuMs(engine)) - engineBefore;
      times.captures.push(inEngine + git.gitMs - before.git.gitMs);
      times.all.push((await worker.cpuWithEndedMs()) - before.all - shell);
    }
    return atMostMeasure(
      `captures in a session with ${EDITS} edits in 1,000 files, against worker and CLI`,
      'ms of CPU',
      { ours: median(times.captures), byHand: median(times.all), mostTimes: 0.05 },
    );
  } finally {
    await rig.close();
    await api.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

// Only the thread that captures starts processes beside the main thread.
async function findEngine(worker: BenchWorker): Promise<string> {
  for (;;) {
    const thread = await worker.findThreadWithProcess();
    if (thread !== null) return thread;
    await delay(POLL_MS);
  }
}

/** The script of a model that edits files when the prompt asks for it. */
function createEdits() {
  const editors = new Map<string, (step: number) => Reply>();
  const steps = new Map<string, number>();
  return {
    /** Plans a session that edits these files, and returns its prompt. */
    plan(prompt: string, files: ManyFiles, paths: readonly string[]): string {
      editors.set(prompt, (step) => replyAt(step, files, paths));
      return prompt;
    },
    async script({ prompt }: MessagesRequest): Promise<Reply> {
      const step = steps.get(prompt) ?? 0;
      steps.set(prompt, step + 1);
      const reply = editors.get(prompt)?.(step);
      if (reply && step > 0) await delay(THINKING_MS);
      return reply ?? text('Done.');
    },
  };
}

// The CLI edits only files that it has read.
function replyAt(step: number, { root, contents }: ManyFiles, paths: readonly string[]): Reply {
  const fullPath = (path: string) => `${root}/${path}`;
  if (step === 0) {
    return toolUses(paths.map((path) => ({ name: 'Read', input: { file_path: fullPath(path) } })));
  }
  const path = paths[step - 1];
  if (path === undefined) return text('Done.');
  const [line = ''] = String(contents.get(path)).split('\n');
  const input = { file_path: fullPath(path), old_string: line, new_string: `${MARK}\n${line}` };
  return toolUse('Edit', input);
}

async function ended({ until }: Rig, id: string): Promise<Session> {
  const [session] = await until([id], ({ status }) => isTerminal(status));
  if (session?.status !== 'completed') throw new Error(`session ${id}: ${session?.error}`);
  return session;
}
