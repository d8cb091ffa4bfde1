// The HTTP API against routes that only do the one thing: enqueue, or ask the database.
import autocannon from 'autocannon';
import { type Measure, median, rateMeasure } from '../measure.ts';
import type { Urls } from '../rig.ts';
import { type Server, startApi, startBare } from './servers.ts';

const CONNECTIONS = 32;
const REQUESTS = 4_000;
const ROUNDS = 3;

const BODY = JSON.stringify({
  query: 'Look at the failing test and mend the code. '.repeat(16),
  model: 'sonnet',
  max_turns: 20,
  allowed_tools: ['Bash(git *)', 'Read', 'Edit'],
});

/** Launches, reads and lists through both, by turns, and compares the medians of their rates. */
export async function benchRequests(urls: Urls): Promise<Measure[]> {
  const ours = await startApi(urls, 'bench-http-ours');
  const bare = await startBare(urls, 'bench-http-bare');
  try {
    const launches = await compare(ours, bare, '/v1/sessions', BODY);
    const answer = await fetch(`${ours.url}/v1/sessions?limit=1`);
    const { sessions } = (await answer.json()) as { sessions: { id: string }[] };
    const reads = await compare(ours, bare, `/v1/sessions/${sessions[0]?.id}`);
    const lists = await compare(ours, bare, '/v1/sessions');
    return [
      rateMeasure('POST /v1/sessions, against a route that only enqueues', 'requests/s', {
        ...launches,
        least: 0.6,
      }),
      rateMeasure('GET one session, against the raw query', 'requests/s', { ...reads, least: 0.7 }),
      rateMeasure('GET a page of 50, against the raw query', 'requests/s', {
        ...lists,
        least: 0.7,
      }),
    ];
  } finally {
    await Promise.all([ours.stop(), bare.stop()]);
  }
}

async function compare(ours: Server, bare: Server, path: string, body?: string) {
  const rates = { ours: [] as number[], byHand: [] as number[] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const our = await rate(ours.url + path, body);
    const raw = await rate(bare.url + path, body);
    if (round === 0) continue; // warm-up
    rates.ours.push(our);
    rates.byHand.push(raw);
  }
  return { ours: median(rates.ours), byHand: median(rates.byHand) };
}

async function rate(url: string, body?: string): Promise<number> {
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    amount: REQUESTS,
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
  });
  if (result.non2xx + result.errors > 0) {
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
  }
  return REQUESTS / result.duration;
}
