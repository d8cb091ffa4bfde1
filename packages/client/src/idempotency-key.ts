import { invalid } from './baton-error.ts';

/** What a call that makes a session may say of itself. */
export interface Keyed {
  /** The same key and the same request: the same session, however often it is asked for. Default: a new one. */
  idempotencyKey?: string | undefined;
}

/** The header of a key; of a new one where none is given. Throws INVALID_REQUEST. */
export function keyHeader({ idempotencyKey = newKey() }: Keyed): Record<string, string> {
  if (!/^[\x20-\x7e]{1,255}$/.test(idempotencyKey)) {
    throw invalid('idempotencyKey', '1 to 255 visible ASCII characters');
  }
  return { 'idempotency-key': idempotencyKey };
}

/** A key that nobody else has. */
export function newKey(): string {
  // randomUUID is not there on pages that came over plain HTTP.
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
