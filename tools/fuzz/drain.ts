// Runs after the requests: removes everything that keeps sessions from running. Then every session
// must end.
import { setTimeout as delay } from 'node:timers/promises';

/** If no session changes for this many milliseconds, the remaining sessions count as stuck. */
const STUCK_AFTER_MS = 60_000;

/** A session that cannot start within this many milliseconds is cancelled. */
const FAR_MS = 30_000;

interface Listed {
  id: string;
  status: string;
  updated_at: string;
  not_before?: string;
  waiting_for?: string;
}

/** How the sessions of a run ended. */
export interface Drained {
  /** The number of ended sessions, by status. */
  ended: Record<string, number>;
  /** The sessions that did not end. */
  stuck: Listed[];
}

/**
 * Removes schedules and limits, cancels sessions with a long delay, and waits until all sessions
 * have ended.
 */
export async function drain(api: string, log: (line: string) => void): Promise<Drained> {
  const call = async (method: string, path: string) => {
    const answer = await fetch(new URL(path, api), { method });
    return answer.status === 204 ? {} : ((await answer.json()) as Record<string, never>);
  };
  for await (const { id } of listed('/v1/schedules', 'schedules')) {
    await call('DELETE', `/v1/schedules/${id}`);
  }
  const { limits = [] } = (await call('GET', '/v1/limits')) as {
    limits?: { kind: string; name: string }[];
  };
  for (const { kind, name } of limits) {
    await call('DELETE', `/v1/limits/${kind}/${encodeURIComponent(name)}`);
  }

  let before = '';
  let movedAt = Date.now();
  for (;;) {
    const open: Listed[] = [];
    for (const status of ['queued', 'starting', 'running']) {
      for await (const one of listed(`/v1/sessions?status=${status}&limit=200`, 'sessions')) {
        open.push(one as Listed);
      }
    }
    const now = JSON.stringify(open.map(({ id, updated_at }) => [id, updated_at]));
    if (open.length === 0 || Date.now() - movedAt > STUCK_AFTER_MS) return tally(open);
    if (now !== before) {
      log(`${open.length} sessions have not ended yet`);
      movedAt = Date.now();
      before = now;
    }
    for (const { id, not_before } of open) {
      if (not_before && Date.parse(not_before) > Date.now() + FAR_MS) {
        await call('POST', `/v1/sessions/${id}/cancel`);
      }
    }
    await delay(1_000);
  }

  async function tally(stuck: Listed[]): Promise<Drained> {
    const ended: Record<string, number> = {};
    for (const status of ['completed', 'failed', 'cancelled']) {
      for await (const _ of listed(`/v1/sessions?status=${status}&limit=200`, 'sessions')) {
        ended[status] = (ended[status] ?? 0) + 1;
      }
    }
    return { ended, stuck };
  }

  async function* listed(path: string, key: string): AsyncGenerator<{ id: string }> {
    for (let cursor: string | undefined; ; ) {
      const url = new URL(path, api);
      if (cursor !== undefined) url.searchParams.set('cursor', cursor);
      const answer = (await (await fetch(url)).json()) as Record<string, unknown>;
      yield* (answer[key] ?? []) as { id: string }[];
      cursor = answer['next_cursor'] as string | undefined;
      if (cursor === undefined) return;
    }
  }
}
