/** Ends an exhaustive switch: the compiler reports an error here while a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
