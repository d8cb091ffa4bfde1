// Numbered marks: each turn writes one mark to a file in the working directory, to the stream and to
// the transcript.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { assistantLine, userLine } from './lines.ts';
import { numberOf, type Step } from './script.ts';
import { print, type Stage, say } from './stage.ts';
import { takeIn } from './take-in.ts';

const DEFAULT_TURN_MS = 100;

/** The line that one turn writes to the file. All processes measure `start` and `end` with one clock. */
export interface MarkLine {
  n: number;
  host: string;
  pid: number;
  /** When the process began, in monotonic milliseconds. This time, the host and the pid identify the process. */
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

/** Returns the marks of all names among texts, in the order of the texts. */
export function allMarksIn(texts: readonly string[]): { name: string; n: number }[] {
  return texts.flatMap((text) => {
    const [, name, n] = /^mark (\S+) (\d+)$/.exec(text) ?? [];
    return name === undefined ? [] : [{ name, n: Number(n) }];
  });
}

/** Returns the lines of a file of marks. */
export function parseMarks(text: string): MarkLine[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as MarkLine);
}

/**
 * Writes the marks up to `to` that the transcript does not hold yet. Between two marks, the turn
 * takes in messages, as between two tool calls. With `with_tool`, each mark is written by a tool call
 * that the stream and the transcript show: the call before the write, and its result after it.
 */
export async function leaveMarks(stage: Stage, step: Step): Promise<void> {
  const name = String(step['marks']);
  const turnMs = numberOf(step, 'turn_ms', DEFAULT_TURN_MS);
  const file = join(stage.who.cwd, marksFile(name));
  const done = Math.max(0, ...marksIn(stage.transcript.texts, name));
  for (let n = done + 1; n <= numberOf(step, 'to', 1); n += 1) {
    if (n > done + 1) await takeIn(stage);
    const call = step['with_tool'] === true ? callTool(stage, file) : undefined;
    const start = monotonicMs();
    await pause(turnMs);
    const [host, { pid }, end] = [hostname(), process, monotonicMs()];
    const line: MarkLine = { n, host, pid, began, start, end };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
    if (call !== undefined) endCall(stage, call);
    say(stage, [markText(name, n)]);
  }
}

/** Shows the call of a tool that appends to this file, and returns the id of the call. */
function callTool(stage: Stage, file: string): string {
  const id = `toolu_${randomUUID()}`;
  const input = { command: `append-mark ${file}` };
  print(stage, [assistantLine(stage.who, [{ type: 'tool_use', id, name: 'Bash', input }], null)]);
  return id;
}

function endCall(stage: Stage, id: string): void {
  const result = { type: 'tool_result', tool_use_id: id, content: 'ok', is_error: false };
  print(stage, [userLine(stage.who, [result])]);
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
