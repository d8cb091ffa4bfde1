// Finds an event that follows cut or broken JSON on the same line.

import { nextObject } from './find-object.ts';
import { jsonExtent } from './json-extent.ts';
import { skipControls } from './terminal-sequences.ts';

const ARRAY_OF_OBJECTS = /\[\s*\{/y;

// The CLI begins each of its lines like this.
const EVENT_START = '{"type":"';

// If an event is glued to half a string, the first quote of the event ends that string. The JSON
// then breaks after the event's `{"`, two characters after its start.
const BROKEN_BY = 2;

/**
 * Returns the index from which to look for events in a line. An array of objects at the beginning
 * of the line (after control sequences) is skipped, because the objects of an array are not events.
 * An array that was cut takes up the whole line. A broken array ends where it breaks.
 */
export function skipArray(text: string): number {
  const start = skipControls(text);
  ARRAY_OF_OBJECTS.lastIndex = start;
  if (!ARRAY_OF_OBJECTS.test(text)) return 0;
  const { kind, end } = jsonExtent(text, start);
  return kind === 'broken' ? Math.max(start, end - BROKEN_BY) : end;
}

/** Returns the index of the object that is still open at the end of the text, or -1. */
export function findOpenObject(text: string): number {
  let from = skipArray(text);
  for (let start = nextObject(text, from); start >= 0; start = nextObject(text, from)) {
    const { kind, end } = jsonExtent(text, start);
    if (kind === 'cut') return start;
    from = kind === 'whole' ? end : Math.max(start + 1, end - BROKEN_BY);
  }
  return -1;
}

/**
 * Finds the event that ends the line and cannot be a part of the broken object at `from`. Returns
 * null if there is none. A tool's input may look like an event. So if a text could belong to an
 * object that was cut short, the text counts as a part of this object.
 */
export function findLastEvent(text: string, from: number): { start: number; end: number } | null {
  for (let start = from; start >= 0; ) {
    const { kind, end } = jsonExtent(text, start);
    if (kind === 'cut') return null;
    if (kind === 'whole' && skipControls(text, end) === text.length) return { start, end };
    const next = kind === 'whole' ? end : end - BROKEN_BY;
    start = text.indexOf(EVENT_START, Math.max(start + 1, next));
  }
  return null;
}
