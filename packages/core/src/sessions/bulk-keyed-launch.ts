// Launches the sessions of a bulk request, of which some may have conversation keys.
import type { Sealer } from '../sealing/sealer.ts';
import {
  type createBulkAcceptance,
  type LaunchInput,
  type LaunchVerdict,
  MAX_SECRETS,
} from './bulk-acceptance.ts';
import type { LaunchByKey } from './keyed-launch.ts';
import { hasKey } from './keyed-request.ts';

/** How many conversations of one request are worked on at once. */
const CONVERSATIONS_AT_ONCE = 8;

/**
 * Creates a function that launches many sessions. It passes launches without a conversation key to
 * `launchMany`. The launches of one key are launched one after the other, in the order of the
 * request.
 */
export function createBulkKeyedLaunch({
  launchMany,
  launchByKey,
  sealer,
}: {
  launchMany: ReturnType<typeof createBulkAcceptance>;
  launchByKey: LaunchByKey;
  sealer: Sealer;
}): (launches: readonly LaunchInput[]) => Promise<LaunchVerdict[]> {
  async function launchOne({ config, options, judge }: LaunchInput, sealing: Sealer) {
    if (!hasKey(options)) return { error: new Error('the launch has no conversation key') };
    return launchByKey(config, options, { sealer: sealing, judge }).catch((error: unknown) => ({
      error,
    }));
  }

  return async (launches) => {
    const verdicts = new Map<LaunchInput, LaunchVerdict>();
    const plain = launches.filter(({ options }) => !hasKey(options));
    const keyed = launches.filter(({ options }) => hasKey(options));
    for (const [index, verdict] of (await launchMany(plain)).entries()) {
      const launch = plain[index];
      if (launch) verdicts.set(launch, verdict);
    }
    const sealing = sealer.forMany(MAX_SECRETS);
    const conversations = [
      ...Map.groupBy(keyed, ({ options }) => options?.conversation_key).values(),
    ];
    const work = Array.from({ length: CONVERSATIONS_AT_ONCE }, async () => {
      for (let next = conversations.shift(); next; next = conversations.shift()) {
        for (const launch of next) verdicts.set(launch, await launchOne(launch, sealing));
      }
    });
    await Promise.all(work);
    return launches.map((launch) => verdicts.get(launch) ?? NONE);
  };
}

const NONE = { error: new Error('a launch has no verdict') };
