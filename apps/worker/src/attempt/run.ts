// Runs the process of an attempt: spawns it, records its lines, waits for its end.
import { defined, promptLine, type Result } from '@baton/core/internal';
import type { AbortReason } from '../claude/abort-reason.ts';
import type { UserMessage } from '../claude/input-lines.ts';
import { type ClaudeLine, isPartial, type RateLimit } from '../claude/line.ts';
import { createForeignResultMarker } from '../claude/mark-foreign-results.ts';
import type { FileReader } from '../claude/message-pieces.ts';
import {
  type ClaudeProcess,
  type Exit,
  STDERR_TAIL_BYTES,
  startClaude,
} from '../claude/process.ts';
import { beginsProtocolLine, isProtocolLine } from '../claude/protocol-line.ts';
import { type LinePart, splitLine } from '../claude/split-line.ts';
import { stopClaude } from '../claude/stop.ts';
import type { GroupMember } from '../host/process-group.ts';
import { createDeltaMasker } from '../masking/mask-deltas.ts';
import { maskFramed } from '../masking/mask-framed.ts';
import type { Masker } from '../masking/masker.ts';
import { createChangeWatch } from './change-watch.ts';
import { type DeadlinesMs, type DeadlineWatch, watchDeadlines } from './deadlines.ts';
import { endProcesses } from './end-processes.ts';
import { createLimitAnswer, type LimitAnswer } from './limit-answer.ts';
import { createLineObserver, type LineObserver, type LineObserverDeps } from './line-observer.ts';
import type { MessageRelay } from './message-relay.ts';
import { createNoise, type Noise } from './noise.ts';
import type { PartialPublisher } from './partials.ts';
import type { Prepared } from './prepare.ts';
import type { RecordedLine } from './recorded-line.ts';
import { isResult, openRunInput, type RunInput } from './run-input.ts';
import type { TurnCount } from './turn-count.ts';

/** What a run needs in addition to what was prepared. */
export interface RunDeps extends LineObserverDeps {
  claudeFile: string;
  /** The command to put before the CLI's command, or an empty list (claude/parent-death.ts). */
  launcher: readonly string[];
  deadlines: DeadlinesMs;
  /** Publishes partials: lines that hold only a piece of an answer. Partials are not recorded. */
  partials: PartialPublisher;
  /** Keeps the operator's secrets out of everything that is recorded or published. */
  masker: Masker;
  /** Sends callers' messages to the process. */
  relay: MessageRelay;
  /** Counts the session's turns. */
  turns: TurnCount;
  /** Reads the files of the prompt and of messages. */
  readFile: FileReader;
  /** Called when a tool that may have changed files has returned. */
  onFilesChanged(): void;
  /** Until this settles, the CLI gets no message. Default: it gets the first message at once. */
  mayBegin?: Promise<void>;
}

/** The processes of a run that could not be ended, and why. */
export interface NotEnded {
  members: readonly GroupMember[];
  why: string;
}

/** The facts of a finished run. */
export interface RunFacts {
  exit: Exit;
  sawInit: boolean;
  /**
   * The result line that counts, or null. This is the last result line. But if that line is an
   * error, a good result that was read before our first signal counts instead.
   */
  result: Result | null;
  /** Whether a final result line had been read before our first signal. */
  resultBeforeAbort: boolean;
  /**
   * Whether the last result is not final: work was pending after it, or a further turn had begun.
   */
  isInterim: boolean;
  stderrTail: string;
  /** The last output on stdout, except events. */
  stdoutTail: string;
  apiError: string | null;
  /** The error message of a slash command that the CLI handled without the model, or null. */
  commandError: string | null;
  rateLimit: RateLimit | null;
  /** Present if processes of the run could not be ended. */
  notEnded?: NotEnded;
  /** How long the process kept running after its last result line was read, in milliseconds. */
  exitLateMs?: number;
}

/**
 * Runs the prepared process until it has ended or cannot be ended. Nothing that the process does
 * makes this reject.
 */
export async function runClaude(deps: RunDeps, prepared: Prepared): Promise<RunFacts> {
  const { meter, stopSwitch } = deps;
  const waiting = prepared.isTurnOver ? await deps.relay.load({ later: true }) : 0;
  const prompt = waiting > 0 ? null : prepared.prompt;
  if (prompt) await recordPrompt(deps, prompt);
  const claude = startClaude(deps.claudeFile, prepared.command, {
    cwd: prepared.cwd,
    launcher: deps.launcher,
  });
  const watch = watchDeadlines(deps.deadlines, stopSwitch.stop, deps.work);
  const input = openRunInput(deps, claude, prompt, holdWith(watch, deps.mayBegin));
  const observer = createLineObserver(deps, watch, claude.pid);
  const limit = createLimitAnswer(meter, deps.turns);
  const stop = stopOnAbort(claude, stopSwitch.controller.signal, {
    getResult: () => (observer.facts.isInterim ? null : meter.result()),
    ask: input.interrupt,
  });
  const noise = createNoise(prepared.output);
  let endedAt = 0;
  const ended = claude.exit.then(() => {
    endedAt = performance.now();
    return endProcesses(claude, prepared.marker);
  });
  await recordLines(claude, deps, { input, observer, watch, noise, limit });
  input.close();
  await claude.closed;
  const exit = await claude.exit;
  watch.stop();
  const { whyNotStopped, resultAtAbort } = await stop.finish();
  const members = await ended;
  const { resultAt, ...facts } = observer.facts;
  return {
    ...facts,
    ...defined({
      notEnded:
        members.length > 0
          ? { members, why: whyNotStopped ?? 'some of its processes did not end after SIGKILL' }
          : undefined,
    }),
    exit,
    result: chooseResult(meter.result(), resultAtAbort),
    resultBeforeAbort: resultAtAbort !== null,
    ...limit.facts(stopSwitch.reason),
    stderrTail: prepared.output.tail(claude.stderrTail(), STDERR_TAIL_BYTES),
    stdoutTail: noise.tail(),
    ...defined({
      exitLateMs: resultAt === null ? undefined : Math.max(0, Math.round(endedAt - resultAt)),
    }),
  };
}

// The CLI prints nothing before its first message, so its clock starts with that message.
function holdWith(
  watch: DeadlineWatch,
  mayBegin: Promise<void> | undefined,
): Promise<void> | undefined {
  if (!mayBegin) return undefined;
  watch.hold();
  return mayBegin.then(watch.begin);
}

/** Records the prompt as the run's first event, because the CLI does not print it. */
async function recordPrompt(
  { recorder, masker, claudeSession }: RunDeps,
  { text, blocks, uuid }: UserMessage,
): Promise<void> {
  const raw = masker.line(promptLine(claudeSession.id(), blocks ?? text, uuid));
  await recorder.record({ type: 'user', subtype: 'prompt', raw, bytes: Buffer.byteLength(raw) });
}

/**
 * Stops the process when `signal` is aborted, or at once if it is already aborted. `getResult` is
 * called before anything else. `ask` asks the CLI to end its turn, and returns whether it could.
 */
function stopOnAbort(
  claude: ClaudeProcess,
  signal: AbortSignal,
  { getResult, ask }: { getResult: () => Result | null; ask: () => boolean },
): { finish(): Promise<{ whyNotStopped: string | null; resultAtAbort: Result | null }> } {
  let resultAtAbort: Result | null = null;
  let stopping: Promise<string | null> = Promise.resolve(null);

  function onAbort(): void {
    resultAtAbort = getResult();
    stopping = stopClaude(claude, signal.reason as AbortReason, ask).then((whyNot) => {
      if (whyNot !== null) claude.abandon();
      return whyNot;
    });
  }

  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return {
    async finish() {
      signal.removeEventListener('abort', onAbort);
      return { whyNotStopped: await stopping, resultAtAbort };
    },
  };
}

/** The parts of a run that its lines pass through. */
interface LineSinks {
  input: RunInput;
  observer: LineObserver;
  watch: DeadlineWatch;
  noise: Noise;
  limit: LimitAnswer;
}

/** Reads stdout to its end. Each line is masked, observed, and then published or recorded. */
async function recordLines(
  claude: ClaudeProcess,
  { recorder, masker, claudeSession, partials, work, stopSwitch, turns, onFilesChanged }: RunDeps,
  { input, observer, watch, noise, limit }: LineSinks,
): Promise<void> {
  const markForeign = createForeignResultMarker(claudeSession.id());
  const deltas = createDeltaMasker(masker);
  const changes = createChangeWatch();
  for await (const lines of claude.lines()) {
    for (const part of lines.flatMap((framed) => splitLine(maskFramed(framed, masker)))) {
      const line = markForeign(part.line);
      observer.observe(line);
      if (changes.observe(line)) onFilesChanged();
      if (isResult(line)) limit.turnEnded();
      input.observe(line);
      if (isProtocolLine(line)) continue;
      if (line.kind === 'garbage' && beginsProtocolLine(part.text)) continue;
      // The CLI itself holds its first turn to the limit.
      const isFurtherTurn = work.isInterim() && !work.isIdle();
      if (isFurtherTurn && turns.isExceeded()) stopSwitch.stop({ kind: 'turns_spent' });
      if (line.kind === 'event' && isPartial(line)) {
        for (const ready of deltas.push(part.text, line.body)) partials.add(ready);
        continue;
      }
      const recorded = line.kind === 'event' ? toRecordedLine(line, part) : noise.record(part);
      const capacity = recorded && recorder.record(recorded);
      if (!capacity) continue;
      // While Baton waits for the backlog, it does not read stdout, so the CLI did not cause the
      // silence.
      watch.pause();
      await capacity;
      watch.resume();
    }
  }
}

// A good result that was read before our signal outweighs an error that came after it.
function chooseResult(last: Result | null, atAbort: Result | null): Result | null {
  return atAbort?.is_error === false && last?.is_error ? atAbort : last;
}

function toRecordedLine(
  { type, subtype }: Extract<ClaudeLine, { kind: 'event' }>,
  { text, bytes }: LinePart,
): RecordedLine {
  return { type, ...defined({ subtype }), raw: text, bytes };
}
