import { withoutPassword } from '../../tools/dev-services/url.ts';

/** Where everything is that `npm start` has started. */
export type Addresses = {
  readonly api: string;
  readonly redis: string;
  readonly mongodb: string;
  /** Prefix of the queue's keys in Redis. */
  readonly prefix: string;
  /** Where sessions without a working_dir work. */
  readonly workRoot: string;
  /** Whether a worker is ready. */
  readonly isTakingSessions: boolean;
};

/** What a reader at a terminal wants to know of a stack that is up: the pages, where to enqueue, how to stop. */
export function welcome(addresses: Addresses): string {
  const { api, redis, mongodb, prefix, workRoot, isTakingSessions } = addresses;
  const rows = [
    ['Sessions', `${api}/sessions`],
    ['API reference', `${api}/docs`],
    ['Queue dashboard', `${api}/queues`],
    ['API', `${api}/v1`],
    [],
    ['Redis', `${withoutPassword(redis)} (enqueue here: queue "sessions", prefix "${prefix}")`],
    ['MongoDB', withoutPassword(mongodb)],
    ['Sessions work in', workRoot],
  ];
  const lines = rows.map(([name = '', value = '']) => `  ${name.padEnd(18)}${value}`.trimEnd());
  const title = isTakingSessions
    ? 'Baton is up.'
    : 'Baton is up, but no worker is ready: sessions wait. The lines above say why.';
  return ['', title, '', ...lines, '', 'Press Ctrl-C to stop all of it.', '', ''].join('\n');
}
