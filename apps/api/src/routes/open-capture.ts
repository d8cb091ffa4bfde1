// What the routes of captured files share.
import {
  badCursor,
  type Capture,
  decodeCursor,
  defined,
  isAppError,
  type Session,
} from '@baton/core/internal';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { CaptureLease } from '../captures/capture-cache.ts';
import { toCaptureProblem } from '../captures/capture-problem.ts';
import { captureOf, commitOf } from '../captures/captures-of.ts';

/** What the routes of captured files use. */
export type CapturedDeps = Pick<AppDeps, 'manager' | 'stores' | 'captures'>;

/** How long such a request may take before its answer begins, in milliseconds. */
export const CAPTURED_MAX_MS = 120_000;

/** How long a reader may read nothing, in milliseconds, before Baton closes its connection. */
const STALLED_MS = 60_000;

const MAX_TRIES = 3;

/** The keys by which an answer says how old its files are. */
export const capturedFields = {
  captured_at: z.iso.datetime().describe('When the files were captured.'),
  torn: z
    .literal(true)
    .optional()
    .describe('Files changed while they were captured, so they may be of two moments.'),
};

/** Returns the values of `capturedFields`. */
export function capturedView({ taken_at, torn }: Capture) {
  return {
    captured_at: taken_at.toISOString(),
    ...defined({ torn: torn ? (true as const) : undefined }),
  };
}

/** Captures of one conversation that can be read. */
export interface OpenCapture {
  session: Session;
  capture: Capture;
  /** The commit of the session's newest capture, or null if the workspace was empty. */
  commit: string | null;
  lease: CaptureLease;
}

/**
 * Makes the newest capture of a session readable, together with those that `others` returns. The caller releases the
 * lease. A running session may replace packs while they are fetched: then its newest capture is opened.
 */
export async function openCapture(
  { manager, captures }: CapturedDeps,
  id: string,
  signal: AbortSignal,
  others: (session: Session) => Promise<readonly (Capture | null)[]> = async () => [],
): Promise<OpenCapture> {
  for (let tries = 1; ; tries += 1) {
    const session = await manager.getSession(id);
    const capture = captureOf(session);
    const packs = [...(await others(session)), capture].flatMap((one) => one?.packs ?? []);
    try {
      const lease = await captures.open(session.root_session_id, packs, signal);
      return { session, capture, commit: commitOf(capture), lease };
    } catch (error) {
      const isDamaged = isAppError(error) && error.code === 'WORKSPACE_CORRUPT';
      if (!isDamaged || tries === MAX_TRIES || session.end_time !== undefined) throw error;
    }
  }
}

/** Adds the headers of a download: nothing in it may run in a browser, and how old it is. */
export function setDownloadHeaders(reply: FastifyReply, { taken_at, torn }: Capture): FastifyReply {
  // Without this timeout, a client that stops reading would hold its connection open indefinitely.
  reply.raw.setTimeout(STALLED_MS, () => reply.raw.destroy());
  if (torn) reply.header('baton-torn', 'true');
  return reply
    .header('baton-captured-at', taken_at.toISOString())
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', 'sandbox');
}

/** Runs `read`, and converts the error of a damaged capture. Releases the lease if `read` throws. */
export async function reading<T>({ lease }: OpenCapture, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    lease.release();
    throw toCaptureProblem(error);
  }
}

/** Returns the key after which a page begins; '' for the first page. Throws INVALID_REQUEST for a cursor of another list. */
export function keyAfter(cursor: string | undefined, sessionId: string, list: string): string {
  if (cursor === undefined) return '';
  const [id, key] = decodeCursor(cursor, list);
  if (id !== sessionId) throw badCursor();
  return key;
}
