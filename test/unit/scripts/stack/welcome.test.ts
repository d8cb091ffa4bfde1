import { expect, test } from 'vitest';
import { welcome } from '../../../../scripts/stack/welcome.ts';

const locations = {
  api: 'http://127.0.0.1:3000',
  redis: 'redis://:secret@127.0.0.1:6379',
  mongodb: 'mongodb://ann:secret@127.0.0.1:27017/baton',
  prefix: 'baton',
  workRoot: '/home/ann/.local/state/baton/work',
  isTakingSessions: true,
};

test('the welcome reports that no worker is ready', () => {
  expect(welcome({ ...locations, isTakingSessions: false })).toContain(
    'Baton is up, but no worker is ready, so sessions wait.',
  );
});

test('the welcome names the pages, the queue and how to stop, and hides passwords', () => {
  expect(welcome(locations)).toBe(`
Baton is up.

  Sessions          http://127.0.0.1:3000/sessions
  API reference     http://127.0.0.1:3000/docs
  Queue dashboard   http://127.0.0.1:3000/queues
  API               http://127.0.0.1:3000/v1

  Redis             redis://:***@127.0.0.1:6379 (enqueue here: queue "sessions", prefix "baton")
  MongoDB           mongodb://ann:***@127.0.0.1:27017/baton
  Sessions work in  /home/ann/.local/state/baton/work

Press Ctrl-C to stop Baton.

`);
});
