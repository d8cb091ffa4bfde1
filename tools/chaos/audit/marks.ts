import type { Event } from '@baton/core/internal';
import { type MarkLine, marksIn } from '../../../test/fake-claude/marks.ts';
import type { Check, Evidence } from './evidence.ts';
import { committed, counting } from './evidence.ts';

/**
 * The events of each session, without superseded events, hold every mark once, in order. If the
 * session did not complete, the last marks may be missing.
 */
export const exactlyOnce: Check = function* (evidence) {
  for (const { id, status } of evidence.sessions.values()) {
    const found = marksOf(counting(evidence, id), id);
    const last = status === 'completed' ? evidence.planned.get(id)?.marks : found.at(-1);
    const wrong = deviation(found, last ?? 0);
    if (wrong) yield { session: id, problem: `is ${status}, and its events hold ${wrong}` };
  }
};

/**
 * The stored transcript of each session can be restored, and holds every mark once, in order. If the
 * session did not complete, the last marks may be missing.
 */
export const transcripts: Check = function* (evidence) {
  for (const { id, status } of evidence.sessions.values()) {
    const texts = evidence.transcripts.get(id) ?? [];
    if (texts instanceof Error) {
      yield { session: id, problem: `its transcript cannot be restored: ${texts.message}` };
      continue;
    }
    const found = marksIn(texts, id);
    const last = status === 'completed' ? evidence.planned.get(id)?.marks : found.at(-1);
    const wrong = deviation(found, last ?? 0);
    if (wrong) yield { session: id, problem: `is ${status}, and its transcript holds ${wrong}` };
  }
};

/** Every mark in the events also exists in the working directory, unless disks were lost. */
export const inDirectory: Check = function* (evidence) {
  if (evidence.workspaces) return; // `inWorkspace` checks the files
  for (const id of evidence.sessions.keys()) {
    const left = new Set(evidence.directories.get(id)?.map(({ n }) => n));
    for (const n of new Set(marksOf(committed(evidence, id), id))) {
      if (!left.has(n)) yield { session: id, problem: `mark ${n} is not in the working directory` };
    }
  }
};

/**
 * No two processes of one session lived at the same time on one host. A worker cannot end the processes that a dead
 * worker left on another host.
 */
export const alone: Check = function* ({ directories }) {
  for (const [id, lines] of directories) {
    const lives = livesOf(lines);
    for (const [index, life] of lives.entries()) {
      const before = lives[index - 1];
      if (before && before.host === life.host && life.from < before.to) {
        const ms = Math.round(before.to - life.from);
        yield {
          session: id,
          problem: `processes ${before.pid} and ${life.pid} both lived for ${ms} ms`,
        };
      }
    }
  }
};

/** Returns how many marks in the working directories of all sessions are repeats. */
export function repeated({ directories }: Evidence): number {
  const surplus = [...directories.values()].map(
    (lines) => lines.length - new Set(lines.map(({ n }) => n)).size,
  );
  return surplus.reduce((sum, n) => sum + n, 0);
}

/** The lifetime of a process, in monotonic milliseconds. */
interface Life {
  host: string;
  pid: number;
  from: number;
  to: number;
}

// Returns the lifetimes of processes, sorted by their host and start. A process certainly lived from its
// start to its last mark.
function livesOf(lines: readonly MarkLine[]): Life[] {
  const lives = new Map<string, Life>();
  for (const { host, pid, began, end } of lines) {
    const key = `${host} ${pid} ${began}`;
    lives.set(key, { host, pid, from: began, to: Math.max(end, lives.get(key)?.to ?? 0) });
  }
  return [...lives.values()].sort((a, b) => a.host.localeCompare(b.host) || a.from - b.from);
}

function marksOf(events: readonly Event[], name: string): number[] {
  return marksIn(events.filter(({ type }) => type === 'assistant').flatMap(textsOf), name);
}

function textsOf({ raw }: Event): string[] {
  const line = JSON.parse(raw) as { message?: { content?: { text?: string }[] } };
  return (line.message?.content ?? []).flatMap(({ text }) => (text === undefined ? [] : [text]));
}

/** Describes how marks differ from 1 to `last`, each once and in order. Returns undefined if they do not differ. */
function deviation(found: readonly number[], last: number): string | undefined {
  const every = Array.from({ length: last }, (_, index) => index + 1);
  if (found.length === last && every.every((n, index) => found[index] === n)) return undefined;
  const missing = every.filter((n) => !found.includes(n));
  const again = found.filter((n, index) => found.indexOf(n) !== index);
  return `marks up to ${found.at(-1)} instead of ${last}: missing [${missing}], repeated [${again}]`;
}
