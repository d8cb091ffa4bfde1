// The middle of an attempt: spawn the process, record its lines, wait for its end.
import { setTimeout as delay } from 'node:timers/promises';
import { defined, promptLine, type Result } from '@baton/core/internal';
import type { AbortReason } from '../claude/abort-reason.ts';
import type { Conversation } from '../claude/conversation.ts';
import {
  absurdCostOf,
  apiErrorOf,
  type ClaudeLine,
  commandErrorOf,
  initOf,
  isPartial,
  type RateLimit,
  rateLimitOf,
  resultOf,
} from '../claude/line.ts';
import type { Meter } from '../claude/meter.ts';
import { createResultFilter } from '../claude/own-results.ts';
import type { PendingWork } from '../claude/pending-work.ts';
import {
  type ClaudeProcess,
  type Exit,
  STDERR_TAIL_BYTES,
  STREAMS_GRACE_MS,
  startClaude,
} from '../claude/process.ts';
import { believable } from '../claude/rate-limit.ts';
import { type LinePart, splitLine } from '../claude/split-line.ts';
import { stopClaude } from '../claude/stop.ts';
import { formatMarker } from '../host/marker.ts';
import { killMarked } from '../host/orphans.ts';
import { type GroupMember, hasEnded, livingMembers } from '../host/process-group.ts';
import { createDeltaMasker } from '../masking/mask-deltas.ts';
import { maskFramed } from '../masking/mask-framed.ts';
import type { Masker } from '../masking/masker.ts';
import { type DeadlinesMs, watchDeadlines } from './deadlines.ts';
import { createNoise } from './noise.ts';
import type { PartialTeller } from './partials.ts';
import type { Prepared } from './prepare.ts';
import type { Recorder } from './recorder.ts';
import type { StopSwitch } from './stop-switch.ts';
import type { RecordedLine } from './to-event.ts';

/** What a run needs beside what was prepared. */
export interface RunDeps {
  claudeFile: string;
  /** What is put before the program, see claude/parent-death.ts. */
  launcher: readonly string[];
  deadlines: DeadlinesMs;
  recorder: Recorder;
  /** Told of the lines that are not recorded: those that only grow an answer. */
  partials: PartialTeller;
  meter: Meter;
  /** Keeps the operator's secrets out of everything that is recorded or told. */
  masker: Masker;
  /** Told of the first init line. */
  onInit(): void;
  /** What the process has still to do. */
  work: PendingWork;
  /** Which of Claude's conversations the process is in. */
  conversation: Conversation;
  /** Ends the run: by a deadline of its own, or by whoever else holds the switch. */
  stopSwitch: StopSwitch;
  /** Told of a rate limit whose reset cannot be true; the reset is ignored. */
  onAbsurdLimit(told: RateLimit): void;
  /** Called with a total cost in US dollars that cannot be true; it is ignored. */
  onAbsurdCost(costUsd: number): void;
}

/** Processes that live on though everything was done to end them, and why. */
export interface NotEnded {
  members: readonly GroupMember[];
  why: string;
}

/** What is known of a run once it is over. */
export interface RunFacts {
  exit: Exit;
  sawInit: boolean;
  /** The answer: the last result line, but a good one that was read before our first signal stands. */
  result: Result | null;
  /** Whether a result line had been read before our first signal, and was the last word by then. */
  resultBeforeAbort: boolean;
  /** Whether `result` is not the last word: work was pending, or a further turn had begun. */
  isInterim: boolean;
  stderrTail: string;
  /** The end of what stdout said beside events. */
  stdoutTail: string;
  apiError: string | null;
  /** What a slash command of the CLI said of its failure. */
  commandError: string | null;
  rateLimit: RateLimit | null;
  /** There if processes of the run could not be ended: which, and why. */
  notEnded?: NotEnded;
  /** How long the process lived on after its last result line was read, in milliseconds. */
  exitLateMs?: number;
}

/** Runs the prepared process to its end, whatever end that is; never rejects for what the process does. */
export async function runClaude(deps: RunDeps, prepared: Prepared): Promise<RunFacts> {
  const { recorder, meter, work, masker, conversation, stopSwitch } = deps;
  const { signal } = stopSwitch.controller;
  const prompt = masker.line(promptLine(conversation.id(), prepared.prompt));
  await recorder.record({
    type: 'user',
    subtype: 'prompt',
    raw: prompt,
    bytes: Buffer.byteLength(prompt),
  });
  const claude = startClaude(deps.claudeFile, prepared.command, {
    cwd: prepared.cwd,
    launcher: deps.launcher,
  });
  const markForeign = createResultFilter(conversation.id());
  const noise = createNoise(prepared.output);
  let sawInit = false;
  let resultAtAbort: Result | null = null;
  let rateLimit: RateLimit | null = null;
  let apiError: string | null = null;
  let commandError: string | null = null;
  let resultAt: number | null = null;
  let isInterim = false;
  let endedAt = 0;
  let stopping: Promise<string | null> = Promise.resolve(null);

  function onAbort(): void {
    resultAtAbort = isInterim ? null : meter.result();
    stopping = stopClaude(claude, signal.reason as AbortReason).then((whyNot) => {
      if (whyNot !== null) claude.abandon();
      return whyNot;
    });
  }
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  const watch = watchDeadlines(deps.deadlines, stopSwitch.stop, work);

  function believed(told: RateLimit): RateLimit {
    const { limit, isAbsurd } = believable(told, new Date());
    if (isAbsurd) deps.onAbsurdLimit(told);
    return limit;
  }

  function observe(line: ClaudeLine): void {
    work.observe(line);
    watch.observe(line);
    meter.observe(line);
    conversation.observe(line);
    // What the CLI gives up because we stop it is not done: from then on only a result line may say so.
    if (!signal.aborted || resultOf(line)) isInterim = work.isInterim();
    const limit = rateLimitOf(line);
    if (limit) rateLimit = limit.status === 'rejected' ? believed(limit) : null;
    const absurdCost = absurdCostOf(line);
    if (absurdCost !== null) deps.onAbsurdCost(absurdCost);
    apiError = apiErrorOf(line) ?? apiError;
    commandError = commandErrorOf(line) ?? commandError;
    resultAt = resultOf(line) ? performance.now() : resultAt;
    const init = initOf(line);
    if (init && !sawInit) {
      sawInit = true;
      deps.onInit();
      stopSwitch.turnBegan();
      recorder.markRunning({
        ...defined({ pid: claude.pid, model: init.model }),
      });
    }
  }

  const deltas = createDeltaMasker(masker);
  const swept = claude.exit.then(async () => {
    endedAt = performance.now();
    await sweep(claude, prepared.marker);
    return endGroup(claude);
  });
  for await (const lines of claude.lines()) {
    for (const part of lines.flatMap((framed) => splitLine(maskFramed(framed, masker)))) {
      const line = markForeign(part.line);
      observe(line);
      if (line.kind === 'event' && isPartial(line)) {
        for (const ready of deltas.push(part.text, line.body)) deps.partials.add(ready);
        continue;
      }
      const recorded = line.kind === 'event' ? eventOf(line, part) : noise.take(part);
      const room = recorded && recorder.record(recorded);
      if (!room) continue;
      watch.pause();
      await room;
      watch.resume();
    }
  }
  await claude.closed;
  const exit = await claude.exit;
  watch.stop();
  signal.removeEventListener('abort', onAbort);
  const whyNotStopped = await stopping;
  const members = await swept;
  return {
    ...(members.length > 0 && {
      notEnded: { members, why: whyNotStopped ?? 'a part of it did not end after SIGKILL' },
    }),
    exit,
    sawInit,
    result: answerOf(meter.result(), resultAtAbort),
    resultBeforeAbort: resultAtAbort !== null,
    isInterim,
    stderrTail: prepared.output.tail(claude.stderrTail(), STDERR_TAIL_BYTES),
    stdoutTail: noise.tail(),
    apiError,
    commandError,
    rateLimit,
    ...(resultAt === null ? {} : { exitLateMs: Math.max(0, Math.round(endedAt - resultAt)) }),
  };
}

/** How long what is left of the process group may take to end after SIGKILL, in milliseconds. */
const GROUP_END_MS = 5_000;

const GROUP_LOOK_MS = 50;

// A wrapper may have ended and left the CLI itself behind, as another user: no marker of it can be read.
async function endGroup(claude: ClaudeProcess): Promise<GroupMember[]> {
  if (claude.pid === undefined) return [];
  let members = livingMembers(claude.pid);
  for (let waited = 0; members.length > 0 && waited < GROUP_END_MS; waited += GROUP_LOOK_MS) {
    claude.signal('SIGKILL');
    await delay(GROUP_LOOK_MS);
    members = members.filter((member) => !hasEnded(member));
  }
  return members;
}

// What outlives the process is killed; but where it was a wrapper, the one it wrapped may still be
// saving the transcript, and holds the streams until it has done so.
async function sweep(claude: ClaudeProcess, ours: string): Promise<void> {
  const closed = new AbortController();
  const grace = delay(STREAMS_GRACE_MS, undefined, { signal: closed.signal }).catch(() => {});
  await Promise.race([claude.closed, grace]);
  closed.abort();
  await killMarked((marker) => formatMarker(marker) === ours);
}

// What the CLI says of the end that we made for it is no news after its answer.
function answerOf(last: Result | null, atAbort: Result | null): Result | null {
  return atAbort?.is_error === false && last?.is_error ? atAbort : last;
}

function eventOf(
  { type, subtype }: Extract<ClaudeLine, { kind: 'event' }>,
  { text, bytes }: LinePart,
): RecordedLine {
  return { type, ...defined({ subtype }), raw: text, bytes };
}
