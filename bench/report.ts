import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Measure } from './measure.ts';

/** The servers that a run used. */
export interface UsedServers {
  redis: { kind: string; version: string };
  mongodb: { kind: string; version: string };
}

const PACKAGES = ['bullmq', 'ioredis', 'mongodb', '@anthropic-ai/claude-code'];

/** The page docs/benchmarks.md for a run. */
export function report(measures: readonly Measure[], { redis, mongodb }: UsedServers): string {
  const rows = measures.map(
    (one) =>
      `| ${one.name} | ${one.ours} | ${one.by_hand} | ${one.ratio} | ${one.target} | ${one.met ? 'met' : 'missed'} | ${one.unit} |`,
  );
  return `# Benchmarks

\`npm run bench -- --write\` made this page: each row compares Baton with doing the same by hand, in one run.

| measure | ours | by hand | ratio | target | | unit |
|---|---|---|---|---|---|---|
${rows.join('\n')}

Servers: ${redis.version} (${redis.kind}), ${mongodb.version} (${mongodb.kind}). Node ${process.version}, ${PACKAGES.map(version).join(', ')}.
Machine: ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB.

- *enqueue 500 at once*: \`launchSession\` against raw \`queue.add\` of the same payload.
- *lines to committed events*: a fake CLI's lines, framed, parsed, inserted and committed by the guarded update, against \`insertMany\` of the same documents in the same batches.
- *one-turn session*: enqueue to final document with the real CLI and a scripted API, against plain \`claude -p\` of the same turn.
- *worker memory per session*: resident memory of a worker with 50 talking sessions of a fake CLI, less what it had before them, per session.
- *transcript upload*: processor time of a worker whose 50 sessions keep transcripts, against one whose sessions keep none; from when all of them talk to their ends, half a minute later; the least of six runs each, by turns.
- *restore*: a transcript that was saved while it grew, from MongoDB into an empty folder, every byte checked.
- *cancel*, *hand-back*, *SIGKILL*: from the request, the hand-back or the kill until the process is gone, or runs elsewhere.
- *POST*, *GET*: the API against bare Fastify routes that only call \`queue.add\`, or pass on what the driver finds; 32 connections. Baton answers a POST once the
  session can be read: it asks MongoDB twice (is it there, was its conversation deleted) and writes the document, those that come at the same moment
  together. Against a route that stores a document as well, with \`insertOne\`, the second row.
- *printed to received*: from the time that the CLI wrote into a line until a client has it, 20 sessions with 10 streams each.
- *last pages*: pages of 200 of a list of 10,000, the last quarter against the first. *a lone session's wait*: four slots, a tenant who may fill them all.
`;
}

function version(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return `${name} ${version}`;
}
