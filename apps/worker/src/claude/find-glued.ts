// Finds what is glued behind JSON that was cut short or that is none: the end of a line is an event's all the same.

import { nextObject } from './find-object.ts';
import { jsonExtent } from './json-extent.ts';
import { skipControls } from './terminal-sequences.ts';

const ARRAY_OF_OBJECTS = /\[\s*\{/y;

// As the CLI begins each of its lines.
const EVENT_START = '{"type":"';

// Where an event is glued to half a string, its first quote ends that string: JSON breaks behind `{"`.
const BROKEN_BY = 2;

/**
 * Where a line's own objects may begin: behind the array of objects that it begins with, whatever control sequences
 * stand before it. An array that was cut takes the whole line; what only looks like an array ends where it breaks.
 */
export function skipArray(text: string): number {
  const start = skipControls(text);
  ARRAY_OF_OBJECTS.lastIndex = start;
  if (!ARRAY_OF_OBJECTS.test(text)) return 0;
  const { kind, end } = jsonExtent(text, start);
  return kind === 'broken' ? Math.max(start, end - BROKEN_BY) : end;
}

/** The index of the object that the text ends within, or -1. */
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
 * The event that ends the line and that the broken object at `from` cannot hold, or null. What JSON may hold where
 * it stands counts as a part of an object that was cut short: a tool's input may look like an event.
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
