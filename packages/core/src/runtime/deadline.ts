/** What `act` resolves with; rejects where it takes longer than `ms`, and then lets it go on unheard. */
export function withDeadline<T>(ms: number, act: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
    // What throws at once rejects like what throws later.
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
