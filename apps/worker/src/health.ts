import fastify from 'fastify';

/** What /readyz asks, by name; each rejects where it does not answer. */
export type Checks = Record<string, () => Promise<unknown>>;

/** A worker's /healthz and /readyz. */
export interface HealthServer {
  url: string;
  close(): Promise<void>;
}

/** How long a check may take, in milliseconds. */
const CHECK_TIMEOUT_MS = 2_000;

/**
 * Serves /healthz (the process is up) and /readyz (it takes work and its stores answer; else 503, naming
 * what does not); `whyNot` gives a reason of the worker's own, or null; `facts` are told while it is ready.
 * Port 0 takes any free one.
 */
export async function serveHealth(
  { host, port }: { host: string; port: number },
  whyNot: () => string | null,
  checks: Checks,
  facts: () => Record<string, string> = () => ({}),
): Promise<HealthServer> {
  const app = fastify({ forceCloseConnections: true });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const failing = await failingChecks(checks);
    const reason = whyNot();
    if (reason !== null) failing.push(reason);
    if (failing.length === 0) return { status: 'ready', ...facts() };
    return reply.code(503).send({
      error: {
        code: 'UNAVAILABLE',
        message: `not ready: ${failing.join(', ')}`,
        details: { failing },
      },
    });
  });
  const url = await app.listen({ host, port });
  return { url, close: () => app.close() };
}

async function failingChecks(checks: Checks): Promise<string[]> {
  const asked = Object.entries(checks).map(async ([name, check]) => {
    const timeout = AbortSignal.timeout(CHECK_TIMEOUT_MS);
    const timedOut = new Promise<false>((resolve) => {
      timeout.addEventListener('abort', () => resolve(false), { once: true });
    });
    const answers = check().then(
      () => true,
      () => false,
    );
    return (await Promise.race([answers, timedOut])) ? null : name;
  });
  return (await Promise.all(asked)).filter((name) => name !== null);
}
