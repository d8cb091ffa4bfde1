/**
 * Resolves with the result of `act`. Rejects if `act` takes longer than `ms` milliseconds. Then
 * `act` continues, and its result is ignored.
 */
export function withDeadline<T>(ms: number, act: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    // `act` is called inside the promise, so that a synchronous throw of `act` rejects, too.
    new Promise<T>((done) => done(act())).then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
