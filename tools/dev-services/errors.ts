/** The error of the dev services. Its message says what was expected and what to do. */
export class ServicesError extends Error {
  override readonly name = 'ServicesError';
}

/** Returns the message of a thrown value. */
export function reasonOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).trim();
}
