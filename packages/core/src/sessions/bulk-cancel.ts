// Cancels many sessions. Each session gets its own verdict.
import { AppError, isAppError } from '../model/errors/app-error.ts';
import { ERROR_CODES } from '../model/errors/error-codes.ts';
import { CANCEL_MAX, type CancelSelection } from '../model/session/cancel-selection.ts';
import type { Info } from '../model/session/info.ts';
import type { SessionStatus } from '../model/session/status.ts';
import type { StopRequests } from '../store/stop-requests.ts';
import { isMongoAway, toUnavailable } from '../store/unavailable.ts';

/** How many sessions are cancelled at once. Other requests of the process get a turn in between. */
const AT_ONCE = 20;

/** The verdict on one session: its status after the request, or why it cannot be cancelled. */
export type CancelVerdict = { id: string; status: SessionStatus } | { id: string; error: AppError };

/** The verdicts of one request. `has_more` says that the tag has more sessions to cancel. */
export interface CancelledSessions {
  results: CancelVerdict[];
  has_more: boolean;
}

/** Creates the function that cancels many sessions. `cancel` cancels one of them. */
export function createBulkCancel({
  cancel,
  requests,
}: {
  cancel: (id: string) => Promise<Info>;
  requests: Pick<StopRequests, 'findCancellable'>;
}): (selection: CancelSelection) => Promise<CancelledSessions> {
  return async ({ ids, tag }) => {
    const found = ids ?? (await requests.findCancellable(tag ?? '', CANCEL_MAX + 1));
    const chosen = found.slice(0, CANCEL_MAX);
    const verdicts = await cancelAll([...new Set(chosen)], cancel);
    const results = chosen.map((id) => verdicts.get(id) ?? { id, error: toAppError(undefined) });
    return { results, has_more: found.length > CANCEL_MAX };
  };
}

async function cancelAll(
  ids: readonly string[],
  cancel: (id: string) => Promise<Info>,
): Promise<Map<string, CancelVerdict>> {
  const verdicts = new Map<string, CancelVerdict>();
  let away: AppError | undefined;

  async function cancelOne(id: string): Promise<CancelVerdict> {
    // If MongoDB did not answer for one session, the sessions after it fail at once instead of
    // waiting for it again.
    if (away) return { id, error: away };
    try {
      return { id, status: (await cancel(id)).status };
    } catch (error) {
      if (isMongoAway(error)) away = toAppError(error);
      return { id, error: toAppError(error) };
    }
  }

  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = await Promise.all(ids.slice(from, from + AT_ONCE).map(cancelOne));
    for (const verdict of some) verdicts.set(verdict.id, verdict);
  }
  return verdicts;
}

function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  const internal = new AppError('INTERNAL', ERROR_CODES.INTERNAL.description, { cause: error });
  return toUnavailable(error) ?? internal;
}
