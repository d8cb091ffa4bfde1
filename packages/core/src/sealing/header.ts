import { decodeProtectedHeader } from 'jose';
import { defined } from '../model/schema/defined.ts';
import { SEALED_PREFIX, sealedIn } from '../model/secrets/sealed-text.ts';

/** What a sealed value says of itself, as far as Baton reads it. */
export interface SealedHeader {
  kid?: string;
  /** The session that it was sealed for: it is opened in that one's conversation alone. */
  session?: string;
}

/** The header parameter that names the session. */
export const SESSION_PARAMETER = 'baton_session';

/** What a sealed value says of itself, or null where it is no JWE that Baton takes. */
export function parseHeader(sealed: string): SealedHeader | null {
  try {
    const header = decodeProtectedHeader(sealed.slice(SEALED_PREFIX.length));
    const { kid, [SESSION_PARAMETER]: session, zip } = header;
    // A short text may unpack into a very long one.
    if (zip !== undefined) return null;
    return {
      ...defined({
        kid: typeof kid === 'string' ? kid : undefined,
        session: typeof session === 'string' ? session : undefined,
      }),
    };
  } catch {
    // Not base64url, or no JSON behind it.
    return null;
  }
}

/** The header of a text that is one sealed value and nothing beside it; null where it is not. */
export function parseWholeHeader(text: string): SealedHeader | null {
  const [sealed] = sealedIn(text);
  return sealed === text ? parseHeader(sealed) : null;
}
