// Follows which packs make up the newest capture of an attempt.
import { type Capture, isNothingCaptured, type PackRef } from '@baton/core/internal';
import type { CaptureRequest } from '../capture/capture-engine.ts';

/**
 * How many packs an attempt stores before the next capture replaces them with one. A restore reads all packs, so there
 * must be few.
 */
const ATTEMPT_MAX_PACKS = 8;

/**
 * From this many packs on, the last capture of an attempt may store everything in one new pack. It does so if the packs
 * after the first are as large as the first. So the new pack at most doubles what is stored.
 */
const CONVERSATION_MANY_PACKS = 50;

/** How many packs a conversation may have before they become one, however small they are. */
const CONVERSATION_MAX_PACKS = 200;

/** The packs of an attempt's captures. */
export interface CapturePacks {
  /** Returns which earlier captures the next capture builds on. */
  next(
    isLast: boolean,
  ): Pick<CaptureRequest, 'base' | 'previous' | 'isMerged' | 'isWhole' | 'isForced'>;
  /** Adds the pack of a capture, and returns all packs that a restore of this capture needs, oldest first. */
  add(commit: string, pack: PackRef, isSelfContained: boolean): PackRef[];
  /** Keeps the packs so far for good: later captures build on them, and do not replace them. */
  keep(): void;
  /** Returns the packs that this attempt stored and that its newest capture does not need. */
  unneeded(): string[];
}

/**
 * Follows the packs of an attempt. A capture during the attempt stores only what is new since the capture before it. The
 * last capture of the attempt replaces these packs with one.
 *
 * @param start The capture that the attempt began with, if any.
 */
export function followPacks(start: Capture | undefined): CapturePacks {
  const isReal = start !== undefined && !isNothingCaptured(start);
  let base = isReal ? start.commit : null;
  let basePacks: PackRef[] = isReal ? start.packs : [];
  let previous = base;
  let own: PackRef[] = [];
  let stored: string[] = [];
  let isMerging = false;

  return {
    next(isLast) {
      isMerging = own.length > 0 && (isLast || own.length >= ATTEMPT_MAX_PACKS);
      const isWhole = isLast && areTooMany(basePacks);
      // If the attempt stored only one pack, there is nothing to merge unless something is new.
      return { base, previous, isMerged: isMerging, isWhole, isForced: isLast && own.length > 1 };
    },
    add(commit, pack, isSelfContained) {
      stored.push(pack.id);
      if (isSelfContained) {
        // From here on, everything that the workspace needs is in this attempt's packs.
        base = null;
        basePacks = [];
      }
      own = isSelfContained || isMerging ? [pack] : [...own, pack];
      previous = commit;
      return [...basePacks, ...own];
    },
    keep() {
      base = previous;
      basePacks = [...basePacks, ...own];
      own = [];
      stored = [];
    },
    unneeded() {
      const needed = new Set([...basePacks, ...own].map(({ id }) => id));
      return stored.filter((id) => !needed.has(id));
    },
  };
}

// Ancestors need their packs, so one new pack for everything costs its whole size.
function areTooMany(packs: readonly PackRef[]): boolean {
  if (packs.length < CONVERSATION_MANY_PACKS) return false;
  const [first = 0, ...rest] = packs.map(({ bytes }) => bytes);
  return packs.length >= CONVERSATION_MAX_PACKS || rest.reduce((sum, one) => sum + one, 0) >= first;
}
