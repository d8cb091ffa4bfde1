import { invalid } from './baton-error.ts';

/** The option of a call that creates a session. */
export interface Keyed {
  /**
   * Calls with the same key and the same request return the same session. Default: a new key per
   * call.
   */
  idempotencyKey?: string | undefined;
}

/**
 * Builds the header for an idempotency key, by default a new key. Throws INVALID_REQUEST if the key
 * is invalid.
 */
export function keyHeader({ idempotencyKey = newKey() }: Keyed): Record<string, string> {
  if (!/^[\x20-\x7e]{1,255}$/.test(idempotencyKey)) {
    throw invalid('idempotencyKey', '1 to 255 visible ASCII characters');
  }
  return { 'idempotency-key': idempotencyKey };
}

/** Creates a random key. */
export function newKey(): string {
  // Browsers do not have randomUUID on pages that were loaded over plain HTTP.
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
