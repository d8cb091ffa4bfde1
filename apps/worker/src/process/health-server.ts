import { isAppError, withDeadline } from '@baton/core/internal';
import fastify from 'fastify';

/** The checks of /readyz, by name. A check rejects if its store does not answer. */
export type Checks = Record<string, () => Promise<unknown>>;

/** The HTTP server of a worker's /healthz and /readyz. */
export interface HealthServer {
  url: string;
  close(): Promise<void>;
}

/** How long a check may take, in milliseconds. */
const CHECK_TIMEOUT_MS = 2_000;

/**
 * Serves /healthz and /readyz. /healthz answers 200 while the process is up. /readyz answers 200 while the
 * worker takes jobs and its stores answer, else 503 with the reasons. `whyNot` returns the worker's own
 * reason not to be ready, or null. `facts` are part of the answer while the worker is ready. Port 0 takes
 * any free port.
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
    const failed = await failedChecks(checks);
    const failing = failed.map(({ name }) => name);
    const reasons = failed.map(({ name, why }) => (why === null ? name : `${name} (${why})`));
    const reason = whyNot();
    if (reason !== null) {
      failing.push(reason);
      reasons.push(reason);
    }
    if (failing.length === 0) return { status: 'ready', ...facts() };
    return reply.code(503).send({
      error: {
        code: 'UNAVAILABLE',
        message: `not ready: ${reasons.join(', ')}`,
        details: { failing },
      },
    });
  });
  const url = await app.listen({ host, port });
  return { url, close: () => app.close() };
}

interface FailedCheck {
  name: string;
  /** The store's own explanation, or null. */
  why: string | null;
}

async function failedChecks(checks: Checks): Promise<FailedCheck[]> {
  const results = Object.entries(checks).map(async ([name, check]): Promise<FailedCheck[]> => {
    try {
      await withDeadline(CHECK_TIMEOUT_MS, check);
      return [];
    } catch (error) {
      return [{ name, why: isAppError(error) ? (error.message.split(';', 1)[0] ?? null) : null }];
    }
  });
  return (await Promise.all(results)).flat();
}
