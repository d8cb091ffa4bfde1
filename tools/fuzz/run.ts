// One run: lanes of calls side by side, each shrinking what it finds to the smallest call that still shows it.
import fc from 'fast-check';
import { createJudge } from './judge.ts';
import { createPool } from './pool.ts';
import { type FuzzRequest, type OpenApi, requests } from './requests.ts';
import { type Answer, createSender, toWire, type Wire } from './send.ts';

/** How many calls are under way at once. */
const LANES = 4;

/** How much one lane finds before it gives up. */
const MAX_FINDINGS = 10;

/** A call whose answer is wrong. */
export interface Finding {
  problem: string;
  request: Wire;
}

/** What a run did and found. */
export interface FuzzReport {
  requests: number;
  statuses: Record<string, number>;
  /** Operations of the document that were never answered well. */
  neverWell: string[];
  findings: Finding[];
}

/** What a run is made from. */
export interface FuzzOptions {
  api: string;
  requests: number;
  seed: number;
}

/** Calls the API at random, by its own document; never rejects for what the API does. */
export async function fuzz({
  api,
  requests: requestCount,
  seed,
}: FuzzOptions): Promise<FuzzReport> {
  const document = (await (await fetch(new URL('/openapi.json', api))).json()) as OpenApi;
  const judge = createJudge(document);
  const pool = createPool();
  const sender = createSender(api);
  const statuses: Record<string, number> = {};
  const well = new Set<string>();
  let sent = 0;

  async function check(request: FuzzRequest): Promise<Finding | null> {
    const wire = toWire(request, pool);
    sent += 1;
    const answer = await sender.send(wire).catch((error: unknown) => String(error));
    if (typeof answer === 'string') return { problem: answer, request: wire };
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const { operation } = request;
    const what = judged(request, answer);
    if (operation !== undefined && answer.status < 300 && what === null) {
      well.add(operation);
      if (isJson(answer)) pool.learn(operation, JSON.parse(answer.text));
    }
    return what === null ? null : { problem: what, request: wire };
  }

  function judged(request: FuzzRequest, answer: Answer): string | null {
    try {
      return judge(request, answer);
    } catch (error) {
      return `the answer cannot be read: ${error}: ${answer.text.slice(0, 300)}`;
    }
  }

  // What is found ends a round of checks; the lane goes on with the next one, for there may be more.
  async function lane(number: number): Promise<Finding[]> {
    const findings: Finding[] = [];
    let left = Math.ceil(requestCount / LANES);
    for (let round = 0; left > 0 && findings.length < MAX_FINDINGS; round += 1) {
      let smallest: Finding | undefined;
      const property = fc.asyncProperty(requests(document), async (request) => {
        const finding = await check(request);
        smallest = finding ?? smallest;
        return finding === null;
      });
      const seeded = { seed: seed + number * 1_000 + round, numRuns: left };
      left -= (await fc.check(property, seeded)).numRuns;
      if (smallest) findings.push(smallest);
    }
    return findings;
  }

  try {
    const lanes = await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
    const all = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    return {
      requests: sent,
      statuses,
      neverWell: all.filter((operation) => !well.has(operation)),
      findings: lanes.flat(),
    };
  } finally {
    sender.close();
  }
}

function isJson({ headers, text }: Answer): boolean {
  return text !== '' && String(headers['content-type']).startsWith('application/json');
}
