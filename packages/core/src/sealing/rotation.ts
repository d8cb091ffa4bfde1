// Rotation of keys: what waits, and what a continue may yet inherit, is sealed to the newest key.
import { type AppError, isAppError } from '../model/errors/app-error.ts';
import type { Governed } from '../model/policy/policy.ts';
import { replaceSealed, sealedIn } from '../model/secrets/sealed-text.ts';
import { mapSecrets } from '../model/secrets/secret-fields.ts';
import { parseHeader, parseWholeHeader } from './header.ts';
import { mapOpenable } from './openable.ts';
import type { IsOurs, Opener } from './opener.ts';
import type { Sealer } from './sealer.ts';

// In the place of a key: secrets that are not sealed.
const PLAIN = 'plain';

/** The keys that a config's secrets are sealed to, PLAIN among them where one is not sealed. */
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

/** What became of one config: null where nothing was to be done. */
export type Resealed<T> = { config: T } | { refused: AppError } | null;

/** The config with every secret sealed to the sealer's key; a config that holds what cannot be opened stays. */
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
