// Key rotation. It seals configs again with the newest key: the configs of waiting sessions, and the configs that a
// continue may inherit.
import { type AppError, isAppError } from '../model/errors/app-error.ts';
import type { Governed } from '../model/policy/policy.ts';
import { replaceSealed, sealedIn } from '../model/secrets/sealed-text.ts';
import { mapSecrets } from '../model/secrets/secret-fields.ts';
import { parseHeader, parseWholeHeader } from './header.ts';
import { mapOpenable } from './openable.ts';
import type { IsOurs, Opener } from './opener.ts';
import type { Sealer } from './sealer.ts';

// The word that stands for a key id if a secret is not sealed.
const PLAIN = 'plain';

/** Returns the ids of the keys with which a config's secrets are sealed, with PLAIN if a secret is not sealed. */
export function findKids(config: Governed): Set<string> {
  const kids = new Set<string>();
  mapOpenable(config, (text) => {
    for (const sealed of sealedIn(text)) kids.add(parseHeader(sealed)?.kid ?? 'unknown');
    return text;
  });
  mapSecrets(config, (secret) => {
    if (!parseWholeHeader(secret)) kids.add(PLAIN);
    return secret;
  });
  return kids;
}

/** The result for one config; null if nothing had to change. */
export type Resealed<T> = { config: T } | { refused: AppError } | null;

/** Returns the config with every secret sealed with the sealer's key. If a secret cannot be opened, returns why. */
export async function resealConfig<T extends Governed>(
  config: T,
  { opener, sealer }: { opener: Opener; sealer: Sealer },
  { sessionId, isOurs }: { sessionId?: string; isOurs: IsOurs },
): Promise<Resealed<T>> {
  if ([...findKids(config)].every((kid) => kid === sealer.kid)) return null;
  try {
    const values = await opener.values(config, isOurs);
    const renewed = new Map<string, string>();
    for (const [sealed, secret] of values) {
      renewed.set(sealed, await sealer.text(secret, sessionId));
    }
    const turned = mapOpenable(config, (text) =>
      replaceSealed(text, (sealed) => renewed.get(sealed) ?? sealed),
    );
    return { config: await sealer.config(turned, sessionId) };
  } catch (error) {
    if (isAppError(error)) return { refused: error };
    throw error;
  }
}
