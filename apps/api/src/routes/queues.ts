import { redactJob, toQueueError } from '@baton/core/internal';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { boardHooks } from '../board/board-hooks.ts';
import { boardPolicy } from '../http/page-policy.ts';

/** bull-board at /queues, to look at: its writes would fight the documents, so each answers 405. */
export async function registerQueues(
  app: App,
  { queue, stores: { sessions }, log, auth }: AppDeps,
): Promise<void> {
  const adapter = new BullMQAdapter(queue.bull, {
    readOnlyMode: true,
    description: 'Jobs carry sessions to workers. What became of a session stands in its document.',
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
  // The board's own answer would quote the error; thrown on, it reaches the one handler of errors.
  board.setErrorHandler((cause) => {
    throw toQueueError(cause);
  });
  await app.register(async (scope) => {
    scope.addHook('onRequest', boardPolicy);
    await scope.register(board.registerPlugin(), { prefix: '/queues', logLevel: 'warn' });
  });
}
