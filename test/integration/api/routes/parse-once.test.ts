// The API parses a request body once at its boundary and trusts it afterwards.
import { expect, vi } from 'vitest';
import type { z } from 'zod';
import {
  continueJobSchema,
  jobSchema,
  launchJobSchema,
} from '../../../../packages/core/src/model/job/job.ts';
import {
  bulkLaunchSchema,
  continueRequestSchema,
  launchRequestSchema,
} from '../../../../packages/core/src/model/job/request.ts';
import { test } from '../../../support/api.ts';
import { makeCompletedSession, makeLaunchJob } from '../../../support/factories.ts';

// Every schema of a whole launch or continue.
const SCHEMAS: Record<string, z.ZodType> = {
  launchRequestSchema,
  bulkLaunchSchema,
  continueRequestSchema,
  launchJobSchema,
  continueJobSchema,
  jobSchema,
};

/** Counts how often each schema parses while `act` runs; schemas that parse nothing are left out. */
async function countParses(act: () => Promise<unknown>): Promise<Record<string, number>> {
  const spies = Object.entries(SCHEMAS).map(
    ([name, schema]) => [name, vi.spyOn(schema, 'safeParse')] as const,
  );
  try {
    await act();
    const counts = spies.map(([name, spy]) => [name, spy.mock.calls.length] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  } finally {
    for (const [, spy] of spies) spy.mockRestore();
  }
}

test.for<[string, Record<string, string>]>([
  ['a launch', { query: 'q' }],
  ['a launch with a concurrency key', { query: 'q', concurrency_key: 'parse-once' }],
])('the body of %s is parsed once', async ([, payload], { api }) => {
  const counts = await countParses(async () => {
    const answer = await api.app.inject({ method: 'POST', url: '/v1/sessions', payload });
    expect(answer.statusCode).toBe(202);
  });
  expect(counts).toEqual({ launchRequestSchema: 1 });
});

test('each launch of a bulk request is parsed once', async ({ api }) => {
  const payload = { sessions: [{ query: 'one' }, { query: 'two' }] };
  const counts = await countParses(async () => {
    const answer = await api.app.inject({ method: 'POST', url: '/v1/sessions/bulk', payload });
    expect(answer.json().results).toMatchObject([{ status: 202 }, { status: 202 }]);
  });
  expect(counts).toEqual({ bulkLaunchSchema: 2 });
});

test('the body of a continue is parsed once', async ({ api }) => {
  const parent = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
  const counts = await countParses(async () => {
    const answer = await api.app.inject({
      method: 'POST',
      url: `/v1/sessions/${parent.id}/continue`,
      payload: { query: 'next' },
    });
    expect(answer.statusCode).toBe(202);
  });
  expect(counts).toEqual({ continueRequestSchema: 1 });
});

test("a job from the queue and a library caller's config are each parsed once", async ({ api }) => {
  const job = makeLaunchJob();
  await api.queue.add(job);
  expect(await countParses(() => api.manager.getSession(job.id))).toEqual({ jobSchema: 1 });
  expect(await countParses(() => api.manager.launchSession({ query: 'q' }))).toEqual({
    launchJobSchema: 1,
  });
});
