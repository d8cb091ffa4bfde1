import { isTerminal, type Session } from '@baton/core/internal';
import type { Check } from './evidence.ts';

/** Every session that was launched has a document. */
export const noneLost: Check = function* ({ planned, sessions }) {
  for (const id of planned.keys()) {
    if (!sessions.has(id)) yield { session: id, problem: 'was launched and has no document' };
  }
};

/** Every session was launched by a client. */
export const noneInvented: Check = function* ({ planned, sessions }) {
  for (const id of sessions.keys()) {
    if (!planned.has(id))
      yield { session: id, problem: 'has a document, but no client launched it' };
  }
};

/** Every session is terminal. */
export const allTerminal: Check = function* ({ sessions }) {
  for (const { id, status, attempts } of sessions.values()) {
    if (!isTerminal(status)) {
      yield { session: id, problem: `is still ${status} after ${attempts.length} attempts` };
    }
  }
};

/**
 * A terminal document never changes, except for its outbox: entries are removed once the webhooks
 * have been notified. The first continue that works on in its directory is added once.
 */
export const finalsStay: Check = function* ({ finals, sessions }) {
  for (const [id, before] of finals) {
    const now = sessions.get(id);
    if (!now) continue; // another check reports it
    if (withoutLaterParts(now) !== withoutLaterParts(before))
      yield { session: id, problem: `changed after it was ${before.status}` };
    const { workspace_heir: heir } = before;
    if (heir !== undefined && now.workspace_heir !== heir)
      yield { session: id, problem: `its directory went to ${heir} and to ${now.workspace_heir}` };
  }
};

function withoutLaterParts({ webhooks_due: _, workspace_heir: __, ...session }: Session): string {
  return JSON.stringify(session);
}

/**
 * No session fails, only sessions that a client cancelled are cancelled, and each completed session
 * has a result.
 */
export const outcomes: Check = function* ({ sessions, cancels }) {
  for (const { id, status, result, failure } of sessions.values()) {
    const isAsked = cancels.has(id);
    if (status === 'failed')
      yield { session: id, problem: `failed: ${failure?.code}: ${failure?.message}` };
    if (status === 'cancelled' && !isAsked)
      yield { session: id, problem: 'is cancelled, but no client cancelled it' };
    if (status === 'completed' && !result)
      yield { session: id, problem: 'is completed without a result' };
  }
};
