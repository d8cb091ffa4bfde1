import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Measure } from './measure.ts';

/** The servers of a run. */
export interface UsedServers {
  redis: { kind: string; version: string };
  mongodb: { kind: string; version: string };
}

const PACKAGES = ['bullmq', 'ioredis', 'mongodb', '@anthropic-ai/claude-code'];

/** Builds the page docs/benchmarks.md for a run. */
export function report(measures: readonly Measure[], { redis, mongodb }: UsedServers): string {
  const rows = measures.map(
    (one) =>
      `| ${one.name} | ${one.ours} | ${one.by_hand} | ${one.ratio} | ${one.target} | ${one.met ? 'met' : 'missed'} | ${one.unit} |`,
  );
  return `# Benchmarks

This page compares Baton with programs that do the same work without it (*by hand*), measured in one run. \`npm run bench -- --write\` writes this page.

## Example

Run one measurement:

<!-- not run: it takes a minute and needs a quiet machine -->
\`\`\`sh
npm run bench -- --only enqueue
\`\`\`

## The last run

| measure | ours | by hand | ratio | target | result | unit |
|---|---|---|---|---|---|---|
${rows.join('\n')}

Servers: ${redis.version} (${redis.kind}), ${mongodb.version} (${mongodb.kind}). Node ${process.version}, ${PACKAGES.map(version).join(', ')}.
Machine: ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB.

## What is measured

| measure | ours | by hand |
|---|---|---|
| enqueue 500 at once | \`launchSession\` | \`queue.add\` of the same payload |
| lines to committed events | a fake CLI's lines, framed, parsed, inserted and committed by the guarded update | \`insertMany\` of the same documents in the same batches |
| one-turn session | from enqueue to the final document, with the real CLI and a scripted API | \`claude -p\` of the same turn |
| worker memory per session | resident memory of a worker with 50 running sessions of a fake CLI, minus its memory before, per session | |
| transcript upload | CPU time of a worker whose 50 sessions write transcripts, about half a minute from the first line to the end; the least of six runs | the same worker, sessions without transcripts |
| restore | a transcript that was saved while it grew, from MongoDB into an empty folder, every byte checked | |
| cancel, hand-back, SIGKILL | from the request, the hand-back or the kill until the process is gone, or runs on another worker | |
| POST, GET | the API, 32 connections. It answers a POST once the session can be read: two reads (does it exist, was its conversation deleted) and one insert, grouped with concurrent ones | Fastify routes that only call \`queue.add\`, call \`insertOne\` too, or return what the driver finds |
| printed to received | from the CLI's time stamp in a line until a client has it; 20 sessions with 10 streams each | |
| last pages | pages of 200 of a list of 10,000: the last quarter | the first quarter |
| a lone session's wait | four slots, and a tenant with 10,000 sessions who may fill them all | |

## Limits

The figures depend on the machine and on the MongoDB server. Only ratios within one run can be compared.
`;
}

function version(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return `${name} ${version}`;
}
