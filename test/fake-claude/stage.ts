import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
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

/** What the steps of a script act on: the run's output, its transcript and its running numbers. */
export interface Stage {
  who: Identity;
  prompt: string;
  argv: string[];
  env: NodeJS.ProcessEnv;
  transcript: Transcript;
  startedAt: number;
  /** Dollars this process costs; the totals told add what the transcript began with. */
  cost: number;
  turns: number;
  lastText: string;
  hasResult: boolean;
  exitCode: number;
  ignored: Set<string>;
  /** A SIGINT leaves no result line, as the real CLI often does while the API has not answered. */
  isSilent: boolean;
  /** How long a SIGINT or SIGTERM takes to end it. */
  lingerMs: number;
}

const SLEEPER = new Int32Array(new SharedArrayBuffer(4));

/** Writes bytes to stdout at once, however slow the reader. */
export function put(bytes: string | Uint8Array): void {
  let rest = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // The reader is behind: without a rest this would take a processor from it.
      Atomics.wait(SLEEPER, 0, 0, 1);
    }
  }
}

/** Prints lines, and appends to the transcript those that the real CLI keeps there. */
export function print(stage: Stage, lines: Line[]): void {
  put(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const kept = lines.filter((line) => line['type'] === 'assistant' || line['type'] === 'user');
  if (kept.length > 0) stage.transcript.append(kept.map((line) => entryOf(stage.who, line)));
}

/** Opens the run: the prompt goes into the transcript, the init line to stdout. */
export function open(stage: Stage, withInit: boolean): void {
  const message = { role: 'user', content: stage.prompt };
  const prompt = { type: 'user', message, uuid: randomUUID(), timestamp: new Date().toISOString() };
  stage.transcript.append([entryOf(stage.who, prompt)]);
  if (withInit) print(stage, [initLine(stage.who, stage.env)]);
}

/** Says texts, one assistant line each. */
export function say(stage: Stage, texts: string[]): void {
  stage.lastText = texts.at(-1) ?? '';
  stage.turns = Math.max(stage.turns, 1);
  print(
    stage,
    texts.map((text) => assistantLine(stage.who, [{ type: 'text', text }], null)),
  );
}

/** Prints a result line with the running cost and a text of at least so many bytes; what is given replaces its fields. */
export function printResult(stage: Stage, given: Line, bytes = 0): void {
  stage.hasResult = true;
  const { lastText, turns, startedAt } = stage;
  const result = lastText.padEnd(bytes, '.');
  const cost = stage.transcript.earlierCost + stage.cost;
  print(stage, [resultLine(stage.who, { result, turns, startedAt, cost }, given)]);
}

/** Ends the turn as a SIGINT does: a notice and, unless silent, a result line that is an error. */
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

/** Ends the process, its running cost written to the transcript first. */
export function close(stage: Stage, exitCode: number): never {
  const cost = stage.transcript.earlierCost + stage.cost;
  stage.transcript.append([costEntry(stage.who, cost, stage.startedAt)]);
  process.exit(exitCode);
}
