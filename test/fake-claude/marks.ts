// Numbered marks: each turn leaves one in a file of the working directory, in the stream and in the transcript.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { numberOf, type Step } from './script.ts';
import { type Stage, say } from './stage.ts';

const DEFAULT_TURN_MS = 100;

/** What one turn leaves in the working directory: which process it was, and its time on a clock that all processes share. */
export interface MarkLine {
  n: number;
  pid: number;
  /** When the process began, in monotonic milliseconds: with the pid it names one process. */
  began: number;
  start: number;
  end: number;
}

const began = monotonicMs();

/** The file of the working directory that holds the marks of this name. */
export function marksFile(name: string): string {
  return `marks-${name}.jsonl`;
}

/** The text of a mark, as the stream and the transcript hold it. */
export function markText(name: string, n: number): string {
  return `mark ${name} ${n}`;
}

/** The numbers of the marks of this name among texts, in their order. */
export function marksIn(texts: readonly string[], name: string): number[] {
  const start = markText(name, 0).slice(0, -1);
  return texts.filter((text) => text.startsWith(start)).map((text) => +text.slice(start.length));
}

/** Leaves the marks that the transcript does not hold yet, up to `to`, one a turn. */
export async function leaveMarks(stage: Stage, step: Step): Promise<void> {
  const name = String(step['marks']);
  const turnMs = numberOf(step, 'turn_ms', DEFAULT_TURN_MS);
  const file = join(stage.who.cwd, marksFile(name));
  const done = Math.max(0, ...marksIn(stage.transcript.texts, name));
  for (let n = done + 1; n <= numberOf(step, 'to', 1); n += 1) {
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
