import { randomUUID } from 'node:crypto';
import type { Pick } from './special.ts';

// Old names are dropped, so that most requests name something that still exists.
const MAX_NAMES = 200;

/** The ids and cursors that answers have contained so far. */
export interface Pool {
  /** Notes the ids and cursors of an answer to this operation. */
  learn(operation: string, body: unknown): void;
  /** Returns the value that a pick stands for. */
  resolve(pick: Pick): string;
}

/** Creates an empty pool. */
export function createPool(): Pool {
  const names: Record<Pick['$pick'], string[]> = {
    session: [],
    message: [],
    schedule: [],
    webhook: [],
    delivery: [],
    cursor: [],
  };

  function note(kind: Pick['$pick'], name: unknown): void {
    if (typeof name !== 'string' || names[kind].includes(name)) return;
    names[kind].push(name);
    if (names[kind].length > MAX_NAMES) names[kind].shift();
  }

  function learn(operation: string, body: unknown): void {
    if (Array.isArray(body)) for (const item of body) learn(operation, item);
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return;
    const {
      id,
      next_cursor,
      sessions,
      messages,
      schedules,
      webhooks,
      deliveries,
      results,
      session,
    } = body as Record<string, unknown>;
    note(kindOf(operation), id);
    note('cursor', next_cursor);
    for (const list of [sessions, messages, schedules, webhooks, deliveries, results, session]) {
      learn(operation, list);
    }
  }

  return {
    learn,
    resolve({ $pick: kind, n }) {
      return names[kind][n % (names[kind].length + 1)] ?? randomUUID();
    },
  };
}

function kindOf(operation: string): Pick['$pick'] {
  if (operation.includes('deliver')) return 'delivery';
  if (operation.includes('/messages')) return 'message';
  if (operation.includes('/v1/webhooks')) return 'webhook';
  return operation.includes('/v1/schedules') ? 'schedule' : 'session';
}
