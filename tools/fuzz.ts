// npm run fuzz: generates random requests from Baton's OpenAPI document and sends them to the HTTP
// API. No answer may have a 5xx status or differ from the document. No process may end, no secret
// may be shown or stored, and every session must end. The last line on standard output is one JSON
// object. The exit status is 1 if any check fails.
//   --requests N  requests to send (20000)      --seed S  repeats the requests of this seed (random)
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { drain } from './fuzz/drain.ts';
import { startFleet } from './fuzz/fleet.ts';
import { fuzz } from './fuzz/run.ts';

const optionsSchema = z.object({
  requests: z.coerce.number().int().positive().default(20_000),
  seed: z.coerce.number().int().nonnegative().optional(),
});

process.exit(await main());

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { requests: text, seed: text } });
  const { requests, seed = Math.floor(Math.random() * 1_000_000) } = optionsSchema.parse(values);
  const startedAt = performance.now();
  const log = (line: string) => void process.stderr.write(`fuzz: ${line}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'baton-fuzz-'));
  const fleet = await startFleet(process.env, folder, log);
  try {
    log(`sending ${requests} requests of seed ${seed}`);
    const report = await fuzz({ api: fleet.api, requests, seed });
    const drained = await drain(fleet.api, log);
    const wrong = [
      ...report.findings.map(({ problem, request }) => ({ problem, request })),
      ...drained.stuck.map((session) => ({ problem: 'a session is stuck', session })),
      ...(await fleet.leaks()).map((location) => ({
        problem: `a plain secret is stored: ${location}`,
      })),
      ...fleet.complaints.map((line) => ({
        problem: 'a process logged an error or a secret',
        line,
      })),
      ...(fleet.dead() === null ? [] : [{ problem: fleet.dead() }]),
    ];
    for (const one of wrong) log(`DOES NOT HOLD: ${JSON.stringify(one).slice(0, 4_000)}`);
    const { statuses, neverWell, requests: sent } = report;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const figures = {
      holds: wrong.length === 0,
      seed,
      sent,
      statuses,
      neverWell,
      ended: drained.ended,
    };
    process.stdout.write(`${JSON.stringify({ ...figures, wrong: wrong.length, seconds })}\n`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await fleet.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
