// Compares the HTTP API with a minimal service without Baton (bare.ts).
import autocannon from 'autocannon';
import { type Measure, median, rateMeasure } from '../measure.ts';
import type { Urls } from '../rig.ts';
import { type Server, startApi, startBare } from './servers.ts';

const CONNECTIONS = 32;
/**
 * The length of a round in seconds. A round lasts a fixed time, and not a fixed number of requests,
 * because the load generator counts whole seconds.
 */
const ROUND_S = 3;
const ROUNDS = 3;

const BODY = JSON.stringify({
  query: 'Look at the failing test and mend the code. '.repeat(16),
  model: 'sonnet',
  max_turns: 20,
  allowed_tools: ['Bash(git *)', 'Read', 'Edit'],
});

/** The number of sessions in the database while they are read and listed. */
const SESSIONS = 500;

/**
 * Reads, lists and launches sessions alternately through both servers, and compares the median
 * rates.
 */
export async function benchRequests({ redisUrl, mongodbUrl }: Urls): Promise<Measure[]> {
  // Uses its own database, because each list would also sort the documents of other benchmarks.
  const urls = { redisUrl, mongodbUrl: `${mongodbUrl}_http` };
  const ours = await startApi(urls, 'bench-http-ours');
  const bare = await startBare(urls, 'bench-http-bare');
  try {
    await launch(ours, SESSIONS);
    const answer = await fetch(`${ours.url}/v1/sessions?limit=1`);
    const { sessions } = (await answer.json()) as { sessions: { id: string }[] };
    const reads = await compare(ours, bare, `/v1/sessions/${sessions[0]?.id}`);
    const lists = await compare(ours, bare, '/v1/sessions');
    const launches = await compare(ours, bare, '/v1/sessions', { body: BODY });
    const stored = await compare(ours, bare, '/v1/sessions', { body: BODY, byHand: '/v1/stored' });
    return [
      rateMeasure('POST /v1/sessions, against a route that only enqueues', 'requests/s', {
        ...launches,
        least: 0.6,
      }),
      rateMeasure('POST /v1/sessions, against one that stores a document too', 'requests/s', {
        ...stored,
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

async function compare(
  ours: Server,
  bare: Server,
  path: string,
  { body, byHand = path }: { body?: string; byHand?: string } = {},
) {
  const rates = { ours: [] as number[], byHand: [] as number[] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const our = await rate(ours.url + path, body);
    const raw = await rate(bare.url + byHand, body);
    if (round === 0) continue; // warm-up
    rates.ours.push(our);
    rates.byHand.push(raw);
  }
  return { ours: median(rates.ours), byHand: median(rates.byHand) };
}

async function launch({ url }: Server, count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v1/sessions`, { method: 'POST', headers, body: BODY });
    if (answer.status !== 202) throw new Error(`a launch: ${answer.status}`);
  }
}

async function rate(url: string, body?: string): Promise<number> {
  const call =
    body === undefined
      ? {}
      : { method: 'POST' as const, headers: { 'content-type': 'application/json' }, body };
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: ROUND_S,
    ...call,
  });
  if (result.non2xx + result.errors > 0) {
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
  }
  return result['2xx'] / result.duration;
}
