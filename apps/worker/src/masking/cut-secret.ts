// Fewer letters of a secret than this are no loss, and begin many a word.
const MIN_SECRET_CHARS = 4;

// What is left of a control sequence that was cut: its parameters and its last letter.
const CUT_SEQUENCE = /^(?:\[[0-?]*|[0-?]+)[ -/]*[@-~]/;

/**
 * The end of a text without the rest of a secret that it begins with: it was cut somewhere, perhaps in the middle
 * of a secret, which is then not found. Control sequences must have been removed before.
 */
export function dropCutSecret(text: string, secrets: readonly string[]): string {
  const [cutSequence = ''] = CUT_SEQUENCE.exec(text) ?? [];
  const ends = [0, cutSequence.length].flatMap((from) =>
    secrets.map((secret) => endOfSecretRest(text, from, secret)),
  );
  return text.slice(Math.max(0, ...ends));
}

/** The index behind the rest of a secret that stands at `from`, or 0. */
function endOfSecretRest(text: string, from: number, secret: string): number {
  for (let length = secret.length - 1; length >= MIN_SECRET_CHARS; length -= 1) {
    if (text.startsWith(secret.slice(-length), from)) return from + length;
  }
  return 0;
}
