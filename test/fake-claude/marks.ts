// Numbered marks: each turn writes one mark to a file in the working directory, to the stream and to
// the transcript.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { numberOf, type Step } from './script.ts';
import { type Stage, say } from './stage.ts';
import { takeIn } from './take-in.ts';

const DEFAULT_TURN_MS = 100;

/** The line that one turn writes to the file. All processes measure `start` and `end` with one clock. */
export interface MarkLine {
  n: number;
  pid: number;
  /** When the process began, in monotonic milliseconds. This time and the pid together identify the process. */
  began: number;
  start: number;
  end: number;
}

const began = monotonicMs();

/** Returns the name of the file that holds the marks of this name. The file is in the working directory. */
export function marksFile(name: string): string {
  return `marks-${name}.jsonl`;
}

/** Returns the text of a mark in the stream and in the transcript. */
export function markText(name: string, n: number): string {
  return `mark ${name} ${n}`;
}

/** Returns the numbers of the marks of this name among texts, in the order of the texts. */
export function marksIn(texts: readonly string[], name: string): number[] {
  const start = markText(name, 0).slice(0, -1);
  return texts.filter((text) => text.startsWith(start)).map((text) => +text.slice(start.length));
}

/**
 * Writes the marks up to `to` that the transcript does not hold yet. Between two marks, the turn
 * takes in messages, as between two tool calls.
 */
export async function leaveMarks(stage: Stage, step: Step): Promise<void> {
  const name = String(step['marks']);
  const turnMs = numberOf(step, 'turn_ms', DEFAULT_TURN_MS);
  const file = join(stage.who.cwd, marksFile(name));
  const done = Math.max(0, ...marksIn(stage.transcript.texts, name));
  for (let n = done + 1; n <= numberOf(step, 'to', 1); n += 1) {
    if (n > done + 1) await takeIn(stage);
    const start = monotonicMs();
    await pause(turnMs);
    const line: MarkLine = { n, pid: process.pid, began, start, end: monotonicMs() };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
    say(stage, [markText(name, n)]);
  }
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
