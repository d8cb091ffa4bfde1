import { stripControls } from '../claude/terminal-sequences.ts';
import { dropCutSecret } from './cut-secret.ts';
import { createMasker } from './masker.ts';

// Shorter values ("1", "true", "dev") are flags, and would blot out ordinary words.
const SECRET_MIN_CHARS = 6;

/** Masks what a process says beside events, at equal length. */
export interface OutputMasker {
  /** A part of the output; its control sequences stay. */
  text(text: string): string;
  /**
   * The end of the output without control sequences and control characters. A text of at least `maxBytes` bytes
   * counts as cut: it may begin with the rest of a secret.
   */
  tail(text: string, maxBytes: number): string;
}

/** A masker of these secrets, of the caller as of the operator, from six characters on. */
export function createOutputMasker(secrets: readonly string[]): OutputMasker {
  const masker = createMasker(secrets, SECRET_MIN_CHARS);
  return {
    text: masker.text,
    tail(text, maxBytes) {
      // First stripped: a sequence within a secret must not hide it, and taking it away later would show it whole.
      const plain = stripControls(text);
      const wasCut = Buffer.byteLength(text) >= maxBytes;
      return masker.text(wasCut ? dropCutSecret(plain, secrets) : plain);
    },
  };
}
