// Measures how long a worker needs to restore the transcript of a conversation from MongoDB.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTranscriptStore, type Mongo, mainTranscriptPath } from '@baton/core/internal';
import { restoreTranscript } from '../apps/worker/src/transcript/restore.ts';
import { makeSession } from '../test/support/factories.ts';
import { boundMeasure, type Measure, percentile } from './measure.ts';

const BYTES = 10 * 1024 * 1024;
/** About how many lines a busy session appends between two copies. */
const CHUNK_LINES = 3;
const ROUNDS = 5;

/**
 * Restores a transcript of 10 MiB several times. The transcript was saved while it grew, so it has
 * many chunks.
 */
export async function benchRestore(mongo: Mongo): Promise<Measure> {
  const store = createTranscriptStore(mongo.db);
  const session = makeSession();
  const path = mainTranscriptPath(session.id);
  const hash = createHash('sha256');
  const puts: Promise<void>[] = [];
  let length = 0;
  while (length < BYTES) {
    const data = Buffer.from(Array.from({ length: CHUNK_LINES }, entry).join(''));
    const location = { session_id: session.id, path, generation: 0, offset: length, fence: 1 };
    puts.push(store.put(location, data));
    hash.update(data);
    length += data.length;
  }
  await Promise.all(puts);
  const file = { path, base: 0, length, sha256: hash.digest('hex'), generation: 0 };
  const saved = { ...session, transcript: { files: [file] } };

  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const folder = await mkdtemp(join(tmpdir(), 'baton-bench-'));
    const from = performance.now();
    await restoreTranscript(store, [saved], saved, folder);
    times.push(performance.now() - from);
    await rm(folder, { recursive: true });
  }
  return boundMeasure(`restore of 10 MiB in ${puts.length} chunks, p95`, 'ms', {
    ours: percentile(times, 95),
    most: 1_000,
  });
}

function entry(): string {
  const text = Array.from({ length: 80 }, () => Math.random().toString(36).slice(2, 9)).join(' ');
  const message = { role: 'assistant', content: [{ type: 'text', text }] };
  return `${JSON.stringify({ type: 'assistant', uuid: crypto.randomUUID(), message })}\n`;
}
