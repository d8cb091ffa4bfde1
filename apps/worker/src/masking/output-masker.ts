import { stripControls } from '../claude/terminal-sequences.ts';
import { dropCutSecret } from './cut-secret.ts';
import { createMasker } from './masker.ts';

// Shorter values ("1", "true", "dev") are flags, and masking them would hide ordinary words.
const SECRET_MIN_CHARS = 6;

/** Masks the output of a process, except its events. A mask is as long as its secret. */
export interface OutputMasker {
  /** Masks a part of the output. Its control sequences stay. */
  text(text: string): string;
  /**
   * Masks the end of the output, and removes its control sequences and control characters. A text of at least
   * `maxBytes` bytes counts as cut, so it may begin with the rest of a secret.
   */
  tail(text: string, maxBytes: number): string;
  /** Returns how many bytes at the end of a text may be the beginning of a secret. */
  openBytes(text: string): number;
}

/**
 * Creates a masker of these secrets of the caller and the operator. The masker ignores secrets of fewer than six
 * characters.
 */
export function createOutputMasker(secrets: readonly string[]): OutputMasker {
  const masker = createMasker(secrets, SECRET_MIN_CHARS);
  return {
    text: masker.text,
    openBytes: masker.openBytes,
    tail(text, maxBytes) {
      // Control sequences are removed first. If a sequence hid a secret, removing it after the masking would
      // show the whole secret.
      const plain = stripControls(text);
      const wasCut = Buffer.byteLength(text) >= maxBytes;
      return masker.text(wasCut ? dropCutSecret(plain, secrets) : plain);
    },
  };
}
