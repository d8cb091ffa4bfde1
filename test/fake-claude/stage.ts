import { writeSync } from 'node:fs';
import type { Inbox, Message } from './inbox.ts';
import {
  assistantLine,
  costEntry,
  entryOf,
  type Identity,
  initLine,
  type Line,
  resultLine,
  userLine,
} from './lines.ts';
import type { Transcript } from './transcript.ts';

/** The state of a run that the steps of a script read and change. */
export interface Stage {
  who: Identity;
  prompt: string;
  argv: string[];
  env: NodeJS.ProcessEnv;
  transcript: Transcript;
  startedAt: number;
  /**
   * The cost of this process in dollars. The reported totals also include the cost that the transcript held
   * when the process started.
   */
  cost: number;
  turns: number;
  lastText: string;
  hasResult: boolean;
  /** Whether the process ends after the turn, without a result line. */
  endsAfterTurn: boolean;
  exitCode: number;
  ignored: Set<string>;
  /**
   * Whether a SIGINT prints no result line. The real CLI often prints no result line before the API
   * has answered.
   */
  isSilent: boolean;
  /** How long the process still runs after a SIGINT or SIGTERM, in milliseconds. */
  lingerMs: number;
  /** The messages that wait. */
  inbox: Pick<Inbox, 'take' | 'holds'>;
  /** The uuids of the messages that the turn has taken in since it began. */
  takenIn: string[];
  /** Ends the turn that is being played. */
  stopTurn(): void;
}

const SLEEPER = new Int32Array(new SharedArrayBuffer(4));

/** Writes bytes to stdout synchronously, and waits while the reader is slow. */
export function put(bytes: string | Uint8Array): void {
  let rest = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // The pipe is full. Without this pause the loop would take CPU time from the reader.
      Atomics.wait(SLEEPER, 0, 0, 1);
    }
  }
}

/** Prints lines, and appends the assistant and user lines to the transcript, as the real CLI does. */
export function print(stage: Stage, lines: Line[]): void {
  put(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const kept = lines.filter((line) => line['type'] === 'assistant' || line['type'] === 'user');
  if (kept.length > 0) stage.transcript.append(kept.map((line) => entryOf(stage.who, line)));
}

/**
 * Begins a turn with messages: appends them to the transcript as one entry, and prints the init
 * line if `withInit` is set. The entry has the uuid of the last message, and lists the others. Each
 * turn after the first adds a cent to the cost.
 */
export function begin(stage: Stage, messages: readonly Message[], withInit: boolean): void {
  if (stage.hasResult) stage.cost += 0.01;
  stage.hasResult = false;
  stage.turns = 1;
  const message = { role: 'user', content: messages.flatMap(({ content }) => content) };
  const uuid = messages.at(-1)?.uuid;
  const prompt = { type: 'user', message, uuid, timestamp: new Date().toISOString() };
  const mergedSendUuids = messages.slice(0, -1).map((merged) => merged.uuid);
  const merged = mergedSendUuids.length > 0 ? { mergedSendUuids } : {};
  stage.transcript.append([{ ...entryOf(stage.who, prompt), ...merged }]);
  if (withInit) print(stage, [initLine(stage.who, stage.env)]);
}

/** Prints texts, each as one assistant line. */
export function say(stage: Stage, texts: string[]): void {
  stage.lastText = texts.at(-1) ?? '';
  stage.turns = Math.max(stage.turns, 1);
  print(
    stage,
    texts.map((text) => assistantLine(stage.who, [{ type: 'text', text }], null)),
  );
}

/**
 * Prints a result line with the total cost and a text of at least `bytes` bytes. The fields of
 * `given` replace the fields of the line.
 */
export function printResult(stage: Stage, given: Line, bytes = 0): void {
  stage.hasResult = true;
  const { lastText, turns, startedAt } = stage;
  const result = lastText.padEnd(bytes, '.');
  const cost = stage.transcript.earlierCost + stage.cost;
  print(stage, [resultLine(stage.who, { result, turns, startedAt, cost }, given)]);
}

/** Prints what a SIGINT makes the real CLI print: a notice and, unless the run is silent, an error result. */
export function interrupt(stage: Stage): void {
  print(stage, [userLine(stage.who, [{ type: 'text', text: '[Request interrupted by user]' }])]);
  if (stage.isSilent) return;
  printResult(stage, {
    subtype: 'error_during_execution',
    is_error: true,
    result: undefined,
    stop_reason: null,
    terminal_reason: 'aborted_streaming',
    errors: ['[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=null'],
  });
}

/** Appends the total cost to the transcript and ends the process. */
export function close(stage: Stage, exitCode: number): never {
  const cost = stage.transcript.earlierCost + stage.cost;
  stage.transcript.append([costEntry(stage.who, cost, stage.startedAt)]);
  process.exit(exitCode);
}
