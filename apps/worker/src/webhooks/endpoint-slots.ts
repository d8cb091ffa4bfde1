// One endpoint that is slow must not keep the others waiting: each webhook holds a few of a process's requests.

/** Requests that one webhook may have under way in a process, of the twenty that it makes: five busy ones fit. */
export const SLOTS = 4;

/** Of one that gave no answer at all last: it holds each place for as long as a request may take. */
const SLOTS_OF_SILENT = 1;

const PUT_OFF_FIRST_MS = 200;
const PUT_OFF_MAX_MS = 30_000;

/** A request's place, until it is left. */
export interface EndpointSlot {
  /** To be called once; `answered`: whether the endpoint said anything, where it was asked. */
  leave(answered: boolean | undefined): void;
}

/** The places of a process. */
export interface EndpointSlots {
  /** A place for a request to this webhook; null where it holds all that it may. */
  take(webhookId: string): EndpointSlot | null;
}

/** Places of which none is taken. */
export function createEndpointSlots(): EndpointSlots {
  const held = new Map<string, number>();
  const silent = new Set<string>();

  return {
    take(webhookId) {
      const count = held.get(webhookId) ?? 0;
      if (count >= (silent.has(webhookId) ? SLOTS_OF_SILENT : SLOTS)) return null;
      held.set(webhookId, count + 1);
      return {
        leave(answered) {
          const left = (held.get(webhookId) ?? 1) - 1;
          if (left > 0) held.set(webhookId, left);
          else held.delete(webhookId);
          if (answered) silent.delete(webhookId);
          if (answered === false) silent.add(webhookId);
        },
      };
    },
  };
}

/**
 * How long a delivery without a place is put off, in milliseconds: twice as long with each time that its job
 * was taken, up to 30 s, so that a long queue for one webhook is not turned over again and again; scattered
 * by `random` (0 to 1).
 */
export function putOffMs(taken: number, random: number): number {
  const most = Math.min(PUT_OFF_FIRST_MS * 2 ** Math.max(taken - 1, 0), PUT_OFF_MAX_MS);
  return Math.round(most * (0.5 + random / 2));
}
