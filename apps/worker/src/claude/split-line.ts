import { defined } from '@baton/core/internal';
import { findLastEvent, skipArray } from './find-glued.ts';
import { nextObject, objectEnd } from './find-object.ts';
import type { FramedLine } from './framer.ts';
import { type ClaudeLine, isJson, parseLine, parseOutline } from './line.ts';
import { skipControls } from './terminal-sequences.ts';

/**
 * A part of a line of stdout: an event of the CLI, or the text around it. `bytes` is its full
 * length, even if `text` was cut.
 */
export interface LinePart {
  line: ClaudeLine;
  text: string;
  bytes: number;
}

// Each broken object costs a scan to the end of the line. Without a bound, a line full of broken
// objects would take quadratic time.
const MAX_BROKEN = 16;

/**
 * Splits a line of stdout into events and the text before, between and after them, in order. Such
 * text may be terminal sequences, a byte order mark or the output of a wrapper. White space alone
 * is not a part. Never throws.
 */
export function splitLine({ text, bytes, outline }: FramedLine): LinePart[] {
  if (outline) return longLine(text, bytes, outline);
  const parsed = parseLine(text);
  if (parsed.kind === 'event') return [{ line: parsed, text, bytes }];
  const found = eventsIn(text, skipArray(text));
  const parts: LinePart[] = [];
  let settled = 0;
  for (const part of found) {
    parts.push(...around(text.slice(settled, part.start)));
    parts.push({ line: part.line, ...measured(text.slice(part.start, part.end)) });
    settled = part.end;
  }
  return [...parts, ...around(text.slice(settled), settled === 0 ? bytes : undefined)];
}

interface Found {
  line: ClaudeLine;
  start: number;
  end: number;
}

function eventsIn(text: string, first: number): Found[] {
  const found: Found[] = [];
  let from = first;
  let broken = 0;
  // An object that begins before this index may be part of a broken object, unless it ends the
  // line.
  let doubtfulTo = 0;
  for (let start = nextObject(text, from); start >= 0; start = nextObject(text, from)) {
    const end = objectEnd(text, start);
    const line = end < 0 ? undefined : parseJson(text.slice(start, end));
    if (line === undefined) {
      // An object inside an event that was cut short is a part of that event, not an event itself.
      const isCutEvent = end < 0 && skipControls(text, found.at(-1)?.end ?? first) === start;
      broken += 1;
      if (isCutEvent || broken === MAX_BROKEN) return [...found, ...lastEventIn(text, start)];
      from = start + 1;
      doubtfulTo = end < 0 ? text.length : Math.max(doubtfulTo, end);
      continue;
    }
    const isTrusted = start >= doubtfulTo || skipControls(text, end) === text.length;
    if (line.kind === 'event' && isTrusted) found.push({ line, start, end });
    from = end;
  }
  return found;
}

function lastEventIn(text: string, from: number): Found[] {
  const last = findLastEvent(text, from);
  const line = last && parseLine(text.slice(last.start, last.end));
  return last && line?.kind === 'event' ? [{ line, ...last }] : [];
}

function parseJson(text: string): ClaudeLine | undefined {
  const line = parseLine(text);
  return line.kind === 'event' || isJson(text) ? line : undefined;
}

function longLine(
  text: string,
  bytes: number,
  outline: NonNullable<FramedLine['outline']>,
): LinePart[] {
  // Each character has at least one byte, so the first `start` characters hold at least `start`
  // bytes.
  const head = Buffer.from(text.slice(0, outline.start));
  const before = head.toString('utf8', 0, outline.start);
  const event = text.slice(before.length);
  return [
    ...splitLine({ text: before, bytes: outline.start }),
    { line: parseOutline(outline), text: event, bytes: bytes - outline.start },
  ];
}

// Text that looks like a broken event is garbage, other text is noise.
function around(text: string, bytes?: number): LinePart[] {
  const start = skipControls(text);
  if (text.trim() === '') return [];
  const kind = text[start] === '{' ? 'garbage' : 'noise';
  return [{ line: { kind }, ...measured(text), ...defined({ bytes }) }];
}

function measured(text: string): { text: string; bytes: number } {
  return { text, bytes: Buffer.byteLength(text) };
}
