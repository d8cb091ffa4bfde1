/** The one error of the dev services: its message says what was looked for and what to do. */
export class ServicesError extends Error {
  override readonly name = 'ServicesError';
}

/** Returns what a thrown value says, in one line. */
export function reasonOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).trim();
}
