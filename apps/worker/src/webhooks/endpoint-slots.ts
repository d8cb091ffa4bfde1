// Keeps a slow endpoint from delaying other endpoints: each webhook may have only a few of a
// process's requests.

/**
 * How many of a process's twenty requests may go to one webhook at a time. So five busy webhooks can be served at once.
 */
export const SLOTS = 4;

/**
 * How many requests may go at a time to a webhook whose last request got no answer. Each of its
 * requests may take until the timeout.
 */
const SLOTS_WITHOUT_ANSWER = 1;

const SLOT_DELAY_FIRST_MS = 200;
const SLOT_DELAY_MAX_MS = 30_000;

/** The slot of one request. */
export interface EndpointSlot {
  /**
   * Releases the slot. The caller calls it exactly once. `answered` is whether the endpoint
   * answered, or undefined if no request was made.
   */
  release(answered: boolean | undefined): void;
}

/** The slots of a process. */
export interface EndpointSlots {
  /** Returns a slot for a request to this webhook, or null if the webhook has no free slot. */
  acquire(webhookId: string): EndpointSlot | null;
}

/** Creates the slots of a process. All slots are free. */
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
 * Returns how long a delivery without a slot is delayed, in milliseconds. The delay doubles each time its job is
 * taken, up to 30 s, so that the jobs of one busy webhook are not taken again and again. `random` (0 to 1)
 * shortens the delay by up to a half, so that jobs do not return together.
 */
export function slotDelayMs(attempts: number, random: number): number {
  const most = Math.min(SLOT_DELAY_FIRST_MS * 2 ** Math.max(attempts - 1, 0), SLOT_DELAY_MAX_MS);
  return Math.round(most * (0.5 + random / 2));
}
