// Queues 10,000 sessions of one tenant. Measures how long it takes to list them, and how long a
// session of another tenant waits.
import type { Mongo } from '@baton/core/internal';
import { fakePrompt } from '../../test/fake-claude/install.ts';
import { boundMeasure, type Measure, median } from '../measure.ts';
import { createRig, type Urls } from '../rig.ts';
import { startApi } from './servers.ts';

const MANY = 10_000;
const AT_ONCE = 1_000;
const PAGE = 200;
const SLOTS = 4;
const TURN_MS = 2_000;
const TURN = fakePrompt([{ say: 'working' }, { sleep: TURN_MS }]);

/**
 * Runs a fleet of four slots. One tenant has 10,000 sessions and may use all slots. Another tenant
 * has a single session.
 */
export async function benchQueueOfMany(mongo: Mongo, urls: Urls): Promise<Measure[]> {
  const rig = await createRig(mongo, urls);
  const api = await startApi(urls, rig.prefix);
  const launch = { query: TURN, concurrency_limit: SLOTS };

  for (let made = 0; made < MANY; made += AT_ONCE) {
    const sessions = Array.from({ length: AT_ONCE }, () => ({
      ...launch,
      concurrency_key: 'noisy',
    }));
    await post('/v1/sessions/bulk', { sessions });
  }
  const pages = await listAll();

  await rig.worker({ WORKER_CONCURRENCY: String(SLOTS) });
  await busy();
  const lone = await post('/v1/sessions', { ...launch, concurrency_key: 'lone' });
  const id = String(lone['id']);
  const [session] = await rig.until([id], ({ attempts }) => attempts.length > 0);
  const waited = Number(session?.attempts[0]?.started_at) - Number(session?.created_at);
  await api.stop();
  await rig.close();

  const quarter = Math.floor(pages.length / 4);
  return [
    boundMeasure('last pages of 10,000 queued sessions, against the first ones', 'times as slow', {
      ours: median(pages.slice(-quarter)) / median(pages.slice(0, quarter)),
      most: 1.5,
    }),
    boundMeasure("a lone session's wait behind a tenant's 10,000", 'session lengths', {
      ours: waited / TURN_MS,
      most: 2,
    }),
  ];

  async function post(path: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await fetch(api.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  }

  /** Reads the whole list, and returns the milliseconds that each page took. */
  async function listAll(): Promise<number[]> {
    const times: number[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const from = performance.now();
      const location: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const answer = await fetch(`${api.url}/v1/sessions?status=queued&limit=${PAGE}${location}`);
      const page = (await answer.json()) as { next_cursor?: string };
      times.push(performance.now() - from);
      cursor = page.next_cursor;
    }
    return times;
  }

  async function busy(): Promise<void> {
    for (;;) {
      const answer = await fetch(`${api.url}/v1/sessions?status=running&limit=${SLOTS}`);
      const { sessions } = (await answer.json()) as { sessions: unknown[] };
      if (sessions.length === SLOTS) return;
    }
  }
}
