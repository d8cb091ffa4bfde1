import { isAppError, withDeadline } from '@baton/core/internal';
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
    const failed = await failedChecks(checks);
    const failing = failed.map(({ name }) => name);
    const said = failed.map(({ name, why }) => (why === null ? name : `${name} (${why})`));
    const reason = whyNot();
    if (reason !== null) {
      failing.push(reason);
      said.push(reason);
    }
    if (failing.length === 0) return { status: 'ready', ...facts() };
    return reply.code(503).send({
      error: {
        code: 'UNAVAILABLE',
        message: `not ready: ${said.join(', ')}`,
        details: { failing },
      },
    });
  });
  const url = await app.listen({ host, port });
  return { url, close: () => app.close() };
}

interface FailedCheck {
  name: string;
  /** What the store itself says of it, where it says anything. */
  why: string | null;
}

async function failedChecks(checks: Checks): Promise<FailedCheck[]> {
  const asked = Object.entries(checks).map(async ([name, check]): Promise<FailedCheck[]> => {
    try {
      await withDeadline(CHECK_TIMEOUT_MS, check);
      return [];
    } catch (error) {
      return [{ name, why: isAppError(error) ? (error.message.split(';', 1)[0] ?? null) : null }];
    }
  });
  return (await Promise.all(asked)).flat();
}
