import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { apiSettingsSchema } from '../../../../apps/api/src/settings.ts';
import { workerSettingsSchema } from '../../../../apps/worker/src/settings.ts';
import { readComposeService } from '../../../../scripts/containers/compose-service.ts';

// A worker may need these seconds after its drain timeout to hand back its sessions and close its
// connections (drain.ts, main.ts).
const HAND_BACK_AND_CLOSE_S = 20;

const text = readFileSync(join(import.meta.dirname, '../../../../docker-compose.yml'), 'utf8');
const file = z
  .object({
    services: z.record(
      z.string(),
      z.looseObject({
        image: z.string(),
        ports: z.array(z.string()).default([]),
        volumes: z.array(z.string()).default([]),
        environment: z.record(z.string(), z.string().nullable()).default({}),
        depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
        healthcheck: z.object({ test: z.array(z.string()) }),
        stop_grace_period: z.string(),
      }),
    ),
  })
  .parse(parse(text, { merge: true }));
const service = (name: string) => file.services[name] ?? expect.fail(`no service ${name}`);

test('Redis keeps its jobs on disk and never evicts a job', () => {
  expect(readComposeService(text, 'redis').command).toEqual([
    'redis-server',
    '--appendonly',
    'yes',
    '--maxmemory-policy',
    'noeviction',
  ]);
});

test.each([
  ['redis', '/data'],
  ['mongo', '/data/db'],
])('%s keeps its data in a named volume', (name, folder) => {
  expect(service(name).volumes).toEqual([`${name}:${folder}`]);
});

test('docker-compose.yml has four services, each with a health check', () => {
  expect(Object.keys(file.services)).toEqual(['redis', 'mongo', 'api', 'worker']);
});

test.each(['api', 'worker'])('the %s waits until Redis and MongoDB are healthy', (name) => {
  const healthy = { condition: 'service_healthy' };
  expect(service(name).depends_on).toEqual({ redis: healthy, mongo: healthy });
});

test('only the API is published, on loopback', () => {
  const published = Object.entries(file.services).flatMap(([name, { ports }]) =>
    ports.map((port) => [name, port]),
  );
  expect(published).toEqual([['api', expect.stringMatching(/^127\.0\.0\.1:/)]]);
});

test('the worker can be scaled because it has no fixed name and no port', () => {
  expect(service('worker')).not.toHaveProperty('container_name');
  expect(service('worker').ports).toEqual([]);
});

test('a worker has enough time to drain, hand back and close before it is killed', () => {
  const { stop_grace_period: grace } = service('worker');
  const seconds = Number(/:-(\d+)s\}$/.exec(grace)?.[1]);
  const drainMs = workerSettingsSchema.shape.DRAIN_TIMEOUT_MS.parse(undefined);
  expect(seconds).toBeGreaterThan(drainMs / 1000 + HAND_BACK_AND_CLOSE_S);
});

test('workers share the directory in which sessions work', () => {
  const { environment, volumes } = service('worker');
  expect(volumes).toEqual([`work:${environment['WORK_ROOT']}`]);
  expect(service('api').environment['WORK_ROOT']).toBe(environment['WORK_ROOT']);
});

test.each(['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN'])(
  'only the worker gets %s, from the environment of the command',
  (name) => {
    expect(service('worker').environment).toHaveProperty(name, null);
    expect(service('api').environment).not.toHaveProperty(name);
  },
);

test.each([
  ['api', apiSettingsSchema],
  ['worker', workerSettingsSchema],
] as const)('the %s gets only settings that it knows', (name, schema) => {
  const known = Object.keys(schema.shape);
  const unknown = Object.keys(service(name).environment).filter((one) => !known.includes(one));
  expect(unknown).toEqual([]);
});

test.each(['api', 'worker'])(
  'the %s gets every setting by which an operator restricts callers, from the environment of the command',
  (name) => {
    const restrictions = Object.keys(workerSettingsSchema.shape).filter(
      (one) => one in apiSettingsSchema.shape && /^(?:ALLOWED|FORBIDDEN)_/.test(one),
    );
    expect(restrictions).toContain('ALLOWED_GIT_URLS');
    const { environment } = service(name);
    expect(restrictions.filter((one) => environment[one] !== null)).toEqual([]);
  },
);

describe('readComposeService', () => {
  test('returns the health check with its times in milliseconds', () => {
    expect(readComposeService(text, 'mongo')).toEqual({
      image: service('mongo').image,
      command: [],
      healthcheck: {
        test: ['CMD-SHELL', expect.stringContaining('mongosh')],
        interval: 5_000,
        timeout: 10_000,
        retries: 12,
      },
    });
  });

  test.each([
    ['services: {}', 'service redis'],
    ['services: { redis: { image: a } }', 'healthcheck'],
    [
      'services: { redis: { image: a, healthcheck: { test: [CMD, b], interval: soon, timeout: 1s, retries: 1 } } }',
      'expected a duration like 5s, got soon',
    ],
  ])('refuses an incomplete file and names the place of the error: %s', (broken, reason) => {
    expect(() => readComposeService(broken, 'redis')).toThrow(reason);
  });
});
