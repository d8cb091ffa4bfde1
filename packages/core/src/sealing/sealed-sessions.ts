import type { Governed } from '../model/policy/policy.ts';
import { sealedIn } from '../model/secrets/sealed-text.ts';
import { parseHeader } from './header.ts';
import { mapOpenable } from './openable.ts';

/** Returns the ids of the sessions for which the sealed values of a config were sealed. */
export function findSealedSessions(config: Governed): Set<string> {
  const ids = new Set<string>();
  mapOpenable(config, (text) => {
    for (const sealed of sealedIn(text)) {
      const session = parseHeader(sealed)?.session;
      if (session !== undefined) ids.add(session);
    }
    return text;
  });
  return ids;
}
