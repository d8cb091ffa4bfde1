/**
 * The same read, where those who ask for the same thing within one turn of the loop share one answer:
 * nobody is given what was read before they asked. What is the same, `keyFor` says.
 */
export function coalesce<A, T>(
  keyFor: (asked: A) => string,
  read: (asked: A) => Promise<T>,
): (asked: A) => Promise<T> {
  // Only within one turn: a read that is under way may not see what its next asker was told of.
  const asked = new Map<string, Promise<T>>();
  return (what) => {
    const key = keyFor(what);
    const known = asked.get(key);
    if (known) return known;
    const answer = new Promise<T>((resolve, reject) => {
      setImmediate(() => {
        asked.delete(key);
        read(what).then(resolve, reject);
      });
    });
    asked.set(key, answer);
    return answer;
  };
}
