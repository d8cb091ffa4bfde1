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
      `| ${one.name} | ${one.ours} | ${one.by_hand} | ${one.ratio} | ${one.target} | ${resultOf(one)} | ${one.unit} |`,
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

The ratio is *ours* divided by *by hand*. If a measure has nothing to compare, the columns *by hand* and *ratio* show 0. A measure without a target has no result. *Against* in a name means
*compared with*: *against the raw query* compares a call of the API with the MongoDB query alone.

| measure | ours | by hand |
|---|---|---|
| enqueue 500 at once | \`launchSession\` | \`queue.add\` of the same payload |
| lines to committed events | the worker frames, parses, inserts and commits (by the guarded update) the lines of a fake CLI | \`insertMany\` of the same documents in the same batches |
| one-turn session | the time from enqueueing to the final document, with the real CLI and a scripted API | \`claude -p\` of the same turn, with the prompt as text |
| message to the model’s request | the time from the POST of a message to an idle session until the request to the model that carries it arrives at the scripted API, through the API and a worker with the real CLI | a CLI in the same state, and the same line written to its stdin |
| worker memory per session | a worker's resident memory with 50 running sessions of a fake CLI, minus its memory without them, divided by 50 | |
| transcript upload | CPU time of a worker whose 50 sessions write transcripts, for about half a minute from the first line to the end; the lowest of six runs | the same worker with sessions that write no transcripts |
| restore | the time to restore a transcript, which was saved while it grew, from MongoDB into an empty folder, with every byte checked | |
| document | the bytes in MongoDB, and the time to copy the transcript there | the bytes of the PDF itself |
| first capture, later capture | the worker's engine captures a directory of small text files (0.5 to 4 KiB, 50 to a folder) until the pack is in MongoDB. A later capture finds one changed file. Medians | \`git add -A && git commit\` of the same directory, with the repository outside it |
| restore of files | the packs come from MongoDB into an empty folder, and the files into another one. Median | \`git clone\` of the same files by the protocol, from the same disk |
| stored bytes | what the collection \`captures\` holds of a session with 1,000 files and of 50 continues. Each continue adds a line to another file, and captures it during the attempt and at its end | the unique content: each version of each file, compressed by itself with zlib at its default level, as a store without deltas would hold it. Names, modes and indexes are not counted |
| captures in a session with edits | CPU time of captures (the engine's thread and its git processes) in a session that edits ten files, one every two seconds, with the real CLI and a scripted API. Median of three sessions | all CPU time of worker, CLI and git in the same session |
| launch to running from a warm mirror | the time from the launch until the session is running with the real CLI, in a repository of 200 files. A git server on loopback, over https, is asked for the commit each time. Median | \`git clone --shared\` of a repository on the same disk, then the CLI with the same prompt as a line of streaming input, until it prints its first line about the session. For the second row: a launch into an empty workspace |
| upload, download of files | the API, with the figures of one file of 32 MiB, and of 128 files of 64 KiB, 8 at once. Medians | the driver's GridFS in the program that measures, without HTTP; and Fastify routes that only stream to and from GridFS |
| cancel, hand-back, SIGKILL | the time from a cancel request until the process is gone, or from the hand-back or the kill until the session runs on another worker | |
| POST, GET | the API, with 32 connections. It answers a POST once the session can be read. That takes two reads (does the session exist, was its conversation deleted) and one insert, each grouped with those of concurrent requests | Fastify routes: one only calls \`queue.add\`, one also calls \`insertOne\`, and the others return what the driver finds |
| printed to received | the time from the CLI's time stamp in a line until a client has the line; 20 sessions with 10 streams each | |
| last pages | a list of 10,000 sessions in pages of 200: the time of a page in the last quarter, divided by that of a page in the first quarter | |
| a lone session's wait | how long one session waits for one of four slots, while a tenant with 10,000 sessions may fill all four | |

## Limits

The figures depend on the machine and on the MongoDB server. Compare only ratios, and only within one run.
`;
}

function resultOf({ met }: Measure): string {
  if (met === null) return '';
  return met ? 'met' : 'missed';
}

function version(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return `${name} ${version}`;
}
