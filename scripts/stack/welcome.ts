import { withoutPassword } from '../../tools/dev-services/url.ts';

/** The addresses of a Baton that `npm start` started. */
export type Addresses = {
  readonly api: string;
  readonly redis: string;
  readonly mongodb: string;
  /** The prefix of the queue's keys in Redis. */
  readonly prefix: string;
  /** The folder of sessions without a working_dir. */
  readonly workRoot: string;
  /** Whether a worker is ready. */
  readonly isTakingSessions: boolean;
};

/**
 * Returns the text that a terminal shows when Baton is up: its pages, its queue, and how to stop
 * it.
 */
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
    : 'Baton is up, but no worker is ready, so sessions wait. The lines above say why.';
  return ['', title, '', ...lines, '', 'Press Ctrl-C to stop Baton.', '', ''].join('\n');
}
