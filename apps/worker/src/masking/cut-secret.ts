// A shorter rest of a secret reveals little, and many words begin with the same letters.
const MIN_SECRET_CHARS = 4;

// The rest of a control sequence whose beginning was cut off: its parameters and its last character.
const CUT_SEQUENCE = /^(?:\[[0-?]*|[0-?]+)[ -/]*[@-~]/;

/**
 * Removes the rest of a secret from the beginning of a text. The beginning of the text was cut off, perhaps in the
 * middle of a secret, and a masker finds only whole secrets. The caller removes control sequences first.
 */
export function dropCutSecret(text: string, secrets: readonly string[]): string {
  const [cutSequence = ''] = CUT_SEQUENCE.exec(text) ?? [];
  const ends = [0, cutSequence.length].flatMap((from) =>
    secrets.map((secret) => endOfSecretRest(text, from, secret)),
  );
  return text.slice(Math.max(0, ...ends));
}

/** Returns the index after the rest of a secret that stands at `from`, or 0 if there is none. */
function endOfSecretRest(text: string, from: number, secret: string): number {
  for (let length = secret.length - 1; length >= MIN_SECRET_CHARS; length -= 1) {
    if (text.startsWith(secret.slice(-length), from)) return from + length;
  }
  return 0;
}
