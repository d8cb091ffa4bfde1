// npm run demo: runs a session with the real claude CLI through a whole Baton with two workers, each
// with a disk of its own. The session begins with a clone of a repository from a git server on loopback. Its worker is
// killed, the other one continues with the same files, and Baton pushes the work to a branch.
//   --live  uses the real API with ANTHROPIC_API_KEY. Default: a scripted API on loopback
//   --keep  keeps Baton running afterwards, until Ctrl-C
//   --json  prints one JSON line on standard output at the end: {"launch": Info, "continue": Info,
//           "events": N, "killed": {"worker_id", "path"}, "file": {"name", "text"},
//           "diff": TEXT, "pushed": {"branch", "commit", "files"}}
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { reasonOf } from '../tools/dev-services/errors.ts';
import { untilAborted } from '../tools/process/until-aborted.ts';
import { chooseModel, type Model } from './demo/model.ts';
import { type DemoRepository, startDemoRepository } from './demo/repository.ts';
import { demoSettings, hostSettings } from './demo/settings.ts';
import { runStory } from './demo/story.ts';
import { createSink, type Sink } from './stack/sink.ts';
import { type Stack, startStack } from './stack/stack.ts';
import { stopSignal } from './stack/stop-signal.ts';

/** How many workers the demo has. Each counts as a host. */
const HOSTS = 2;

const { env } = process;
const off = { type: 'boolean', default: false } as const;

process.exit(await main());

async function main(): Promise<number> {
  let log = (line: string) => console.error(line);
  try {
    const { values: flags } = parseArgs({ options: { live: off, keep: off, json: off } });
    if (!flags.json) log = (line) => console.log(line);
    const signal = stopSignal(process, log);
    const model = await chooseModel(env, flags.live);
    try {
      log(model.description);
      const sink = { ...createSink(process), info: log };
      return (await demonstrate(model, flags, sink, signal)) ? 0 : 130;
    } finally {
      await model.stop();
    }
  } catch (error) {
    console.error(`the demo failed: ${reasonOf(error)}`);
    return 1;
  }
}

/** Runs the story in temporary folders. Returns false if a signal stopped it. */
async function demonstrate(
  model: Model,
  flags: { keep: boolean; json: boolean },
  sink: Sink,
  signal: AbortSignal,
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-demo-'));
  let repository: DemoRepository | undefined;
  let stack: Stack | undefined;
  try {
    repository = await startDemoRepository(folder);
    sink.info(`a git server on loopback has the repository ${repository.url}`);
    for (let index = 0; index < HOSTS; index += 1) {
      await mkdir(hostSettings(folder, index).TMPDIR, { recursive: true });
    }
    stack = await startStack({
      env,
      settings: demoSettings(env, {
        model: model.settings,
        repository: repository.settings,
        folder,
        isKept: flags.keep,
      }),
      removeAtEnd: folder,
      workers: HOSTS,
      workerSettings: (index) => hostSettings(folder, index),
      sink,
      signal,
    });
    if (stack.readyWorkers < stack.workers.length) {
      throw new Error('not every worker is ready; the lines above say why');
    }
    const story = await orStopped(
      stack,
      signal,
      runStory({ stack, repository, log: sink.info, signal }),
    );
    if (!story) return false;
    sink.info(
      `API ${stack.api}/v1/sessions, reference ${stack.api}/docs, queue ${stack.api}/queues`,
    );
    sink.info(
      flags.keep ? 'all of it stays up until Ctrl-C' : 'the demo is over: it stops everything',
    );
    if (flags.json) console.log(JSON.stringify(story));
    if (flags.keep) await orStopped(stack, signal, untilAborted(signal));
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    await stack?.stop();
    await repository?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Returns the result of `work`, or undefined if a signal came first. Throws if a part of the stack fails. */
async function orStopped<T>(
  stack: Stack,
  signal: AbortSignal,
  work: Promise<T>,
): Promise<T | undefined> {
  const failed = stack.failed.then((why) => {
    throw new Error(why);
  });
  return Promise.race([work, failed, untilAborted(signal).then(() => undefined)]);
}
