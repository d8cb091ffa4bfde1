import { redactJob, toQueueError } from '@baton/core/internal';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { boardHooks } from '../board/board-hooks.ts';
import { boardPolicy } from '../http/page-policy.ts';

/**
 * Serves bull-board at /queues, read-only. Its write actions would change jobs without their
 * session documents, so each of them answers 405.
 */
export async function registerQueues(
  app: App,
  { queue, stores: { sessions }, log, auth }: AppDeps,
): Promise<void> {
  const adapter = new BullMQAdapter(queue.bull, {
    readOnlyMode: true,
    description:
      'Each job brings one session to a worker. The session page shows the outcome of the session.',
    externalJobUrl: ({ id }) => ({
      href: `/sessions/${encodeURIComponent(String(id))}`,
      displayText: 'Session',
    }),
  });
  adapter.setFormatter('data', redactJob);
  adapter.setFormatter('returnValue', () => undefined);
  const board = new FastifyAdapter().setBasePath('/queues');
  createBullBoard({
    queues: [adapter],
    serverAdapter: board,
    options: {
      uiConfig: {
        boardTitle: 'Baton queue',
        hideRedisDetails: true,
        hideDocsLink: true,
        pollingInterval: { forceInterval: 5 },
        miscLinks: [
          { text: 'Sessions', url: '/sessions' },
          ...(auth.kind === 'keys' ? [{ text: 'Log out', url: '/login' }] : []),
        ],
      },
      handlerHooks: boardHooks(sessions, log),
    },
  });
  // bull-board's own handler would show the error's text. So this handler throws the error again,
  // and the app's error handler gets it.
  board.setErrorHandler((cause) => {
    throw toQueueError(cause);
  });
  await app.register(async (scope) => {
    scope.addHook('onRequest', boardPolicy);
    await scope.register(board.registerPlugin(), { prefix: '/queues', logLevel: 'warn' });
  });
}
