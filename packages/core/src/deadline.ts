/** What `act` resolves with; rejects where it takes longer than `ms`, and then lets it go on unheard. */
export async function withDeadline<T>(ms: number, act: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([(async () => act())(), late]);
  } finally {
    clearTimeout(timer);
  }
}
