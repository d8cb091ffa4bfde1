// Runs the fuzzer once: several lanes send requests in parallel. A lane shrinks each finding to the
// smallest request that shows it.
import fc from 'fast-check';
import { createJudge } from './judge.ts';
import { createPool } from './pool.ts';
import { type FuzzRequest, type OpenApi, requests } from './requests.ts';
import { type Answer, createSender, toWire, type Wire } from './send.ts';

/** How many requests are under way at once. */
const LANES = 4;

/** After this many findings, a lane ends. */
const MAX_FINDINGS = 10;

/** A request whose answer is wrong. */
export interface Finding {
  problem: string;
  request: Wire;
}

/** The result of a run. */
export interface FuzzReport {
  requests: number;
  statuses: Record<string, number>;
  /** The operations of the document that were never answered with success. */
  neverWell: string[];
  findings: Finding[];
}

/** The options of a run. */
export interface FuzzOptions {
  api: string;
  requests: number;
  seed: number;
}

/** Generates random requests from the API's own document and sends them. Never rejects because of an answer. */
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
      return `the answer cannot be parsed: ${error}: ${answer.text.slice(0, 300)}`;
    }
  }

  // A finding ends a round of checks. The lane then starts the next round, because there may be more findings.
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
