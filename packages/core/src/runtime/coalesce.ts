/**
 * The same read, where callers that ask for the same key (by `keyFor`) within one turn of the event loop share
 * one answer. No caller is given what was read before it asked.
 */
export function coalesce<A, T>(
  keyFor: (request: A) => string,
  read: (request: A) => Promise<T>,
): (request: A) => Promise<T> {
  // Only within one turn: a read under way may miss a change that its next caller already knows of.
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
