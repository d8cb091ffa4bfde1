/**
 * Wraps a read so that callers who ask for the same key (by `keyFor`) in one turn of the event loop
 * share one answer. The read starts after they asked, so no caller receives a state from before its
 * request.
 */
export function coalesce<A, T>(
  keyFor: (request: A) => string,
  read: (request: A) => Promise<T>,
): (request: A) => Promise<T> {
  // Sharing is limited to one turn, because a read that has started may miss a change that a later caller already knows
  // about.
  const pendingByKey = new Map<string, Promise<T>>();
  return (request) => {
    const key = keyFor(request);
    const pending = pendingByKey.get(key);
    if (pending) return pending;
    const answer = new Promise<T>((resolve, reject) => {
      setImmediate(() => {
        pendingByKey.delete(key);
        read(request).then(resolve, reject);
      });
    });
    pendingByKey.set(key, answer);
    return answer;
  };
}
