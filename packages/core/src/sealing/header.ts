import { decodeProtectedHeader } from 'jose';
import { defined } from '../model/schema/defined.ts';
import { SEALED_PREFIX, sealedIn } from '../model/secrets/sealed-text.ts';

/** The parts of a sealed value's header that Baton reads. */
export interface SealedHeader {
  kid?: string;
  /** The session for which the value was sealed. Only sessions of the same conversation may open it. */
  session?: string;
}

/** The header parameter that holds the session's id. */
export const SESSION_PARAMETER = 'baton_session';

/** Returns the header of a sealed value, or null if Baton does not accept the value as a JWE. */
export function parseHeader(sealed: string): SealedHeader | null {
  try {
    const header = decodeProtectedHeader(sealed.slice(SEALED_PREFIX.length));
    const { kid, [SESSION_PARAMETER]: session, zip } = header;
    // Compression is refused, because a short value could expand to a very long text.
    if (zip !== undefined) return null;
    return {
      ...defined({
        kid: typeof kid === 'string' ? kid : undefined,
        session: typeof session === 'string' ? session : undefined,
      }),
    };
  } catch {
    // The header is not base64url, or not JSON.
    return null;
  }
}

/** Returns the header of a text that is exactly one sealed value, or null for any other text. */
export function parseWholeHeader(text: string): SealedHeader | null {
  const [sealed] = sealedIn(text);
  return sealed === text ? parseHeader(sealed) : null;
}
