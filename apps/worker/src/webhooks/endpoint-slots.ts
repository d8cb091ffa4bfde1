// A slow endpoint must not keep the others waiting: each webhook may hold a few of a process's requests.

/** Requests that one webhook may have under way in a process, of the twenty that it makes: five busy ones fit. */
export const SLOTS = 4;

/** The same for a webhook whose last request got no answer: each slot is held as long as a request may take. */
const SLOTS_WITHOUT_ANSWER = 1;

const SLOT_DELAY_FIRST_MS = 200;
const SLOT_DELAY_MAX_MS = 30_000;

/** A request's slot, until it is released. */
export interface EndpointSlot {
  /** To be called once; `answered`: whether the endpoint answered, absent where no request was made. */
  release(answered: boolean | undefined): void;
}

/** The slots of a process. */
export interface EndpointSlots {
  /** A slot for a request to this webhook; null where the webhook holds all that it may. */
  acquire(webhookId: string): EndpointSlot | null;
}

/** Slots of which none is taken. */
export function createEndpointSlots(): EndpointSlots {
  const usedSlots = new Map<string, number>();
  const unanswered = new Set<string>();

  return {
    acquire(webhookId) {
      const count = usedSlots.get(webhookId) ?? 0;
      if (count >= (unanswered.has(webhookId) ? SLOTS_WITHOUT_ANSWER : SLOTS)) return null;
      usedSlots.set(webhookId, count + 1);
      return {
        release(answered) {
          const left = (usedSlots.get(webhookId) ?? 1) - 1;
          if (left > 0) usedSlots.set(webhookId, left);
          else usedSlots.delete(webhookId);
          if (answered) unanswered.delete(webhookId);
          if (answered === false) unanswered.add(webhookId);
        },
      };
    },
  };
}

/**
 * How long a delivery without a slot is delayed, in milliseconds. The delay doubles with each time that its
 * job was taken, up to 30 s, so that a long queue for one webhook is not turned over again and again; it is
 * scattered by `random` (0 to 1).
 */
export function slotDelayMs(attempts: number, random: number): number {
  const most = Math.min(SLOT_DELAY_FIRST_MS * 2 ** Math.max(attempts - 1, 0), SLOT_DELAY_MAX_MS);
  return Math.round(most * (0.5 + random / 2));
}
