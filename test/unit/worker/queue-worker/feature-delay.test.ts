import { createLogger } from '@baton/core/internal';
import type { Job } from 'bullmq';
import { expect, test } from 'vitest';
import {
  createFeatureDelay,
  featureDelayMs,
} from '../../../../apps/worker/src/queue-worker/feature-delay.ts';

test.each([
  [0, 5_000],
  [1, 5_000],
  [2, 10_000],
  [6, 160_000],
  [7, 300_000],
  [5_000, 300_000],
])('a job that workers took %i times is delayed by %i ms', (taken, ms) => {
  expect(featureDelayMs(taken)).toBe(ms);
});

test('each unknown feature of a job is logged once', () => {
  const lines: { job_id: string; feature: string }[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const delay = createFeatureDelay(createLogger('test', 'info', { write }));
  const job = (id: string) => ({ id, queueName: 'sessions', attemptsStarted: 1 }) as Job;
  delay(job('one'), ['a', 'b']);
  delay(job('one'), ['a', 'b']);
  delay(job('two'), ['a']);
  expect(lines.map(({ job_id, feature }) => [job_id, feature])).toEqual([
    ['one', 'a'],
    ['one', 'b'],
    ['two', 'a'],
  ]);
});

test('an unknown feature is logged by its first 64 characters', () => {
  const lines: { feature: string }[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const delay = createFeatureDelay(createLogger('test', 'info', { write }));
  delay({ id: 'one', queueName: 'sessions', attemptsStarted: 1 } as Job, ['x'.repeat(100_000)]);
  expect(lines.map(({ feature }) => feature)).toEqual(['x'.repeat(64)]);
});
