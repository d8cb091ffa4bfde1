// Measures how much MongoDB stores for a PDF that a transcript holds twice, as the tool Read writes it.
import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTranscriptStore, type Mongo, mainTranscriptPath } from '@baton/core/internal';
import { createMasker } from '../apps/worker/src/masking/masker.ts';
import { createTranscriptCopier } from '../apps/worker/src/transcript/copier.ts';
import { makeSession } from '../test/support/factories.ts';
import { atMostMeasure, boundMeasure, type Measure } from './measure.ts';

const MEBIBYTE = 1024 * 1024;
const PDF_BYTES = 20 * MEBIBYTE;

/** Copies a transcript with a PDF of 20 MiB, and compares the stored bytes with those of the PDF. */
export async function benchDocument(mongo: Mongo): Promise<Measure[]> {
  const session = makeSession();
  const projectDir = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const copier = createTranscriptCopier(createTranscriptStore(mongo.db), {
    sessionId: session.id,
    rootSessionId: session.root_session_id,
    fence: 1,
    projectDir,
    restored: [],
    masker: createMasker(['sk-ant-not-a-real-key-0123456789']),
    onUnreadable: (path, error) => {
      throw new Error(`cannot read ${path}`, { cause: error });
    },
  });
  const data = randomBytes(PDF_BYTES).toString('base64');
  const line = JSON.stringify({ message: { content: data }, toolUseResult: { base64: data } });
  await appendFile(join(projectDir, mainTranscriptPath(session.id)), `${line}\n`);
  const from = performance.now();
  await copier.copy({ verify: false });
  const ms = performance.now() - from;
  await rm(projectDir, { recursive: true });
  return [
    atMostMeasure('stored for a PDF of 20 MiB that a transcript holds twice', 'MiB', {
      ours: (await storedBytes(mongo, session)) / MEBIBYTE,
      byHand: PDF_BYTES / MEBIBYTE,
      mostTimes: 1.01,
    }),
    boundMeasure('copy of a transcript that holds a PDF of 20 MiB twice', 'ms', {
      ours: ms,
      most: 10_000,
    }),
  ];
}

/** Returns how many bytes of data the conversation has in MongoDB. */
async function storedBytes(
  { db }: Mongo,
  { id, root_session_id }: { id: string; root_session_id: string },
): Promise<number> {
  const found = await Promise.all([
    db.collection('transcripts').find({ session_id: id }).toArray(),
    db.collection('transcript_parts').find({ root_session_id }).toArray(),
  ]);
  return found.flat().reduce((sum, { data }) => sum + (data?.length() ?? 0), 0);
}
