// Transcripts with long runs of base64, as the copier stores them and a restore writes them.
import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTranscriptStore,
  ensureIndexes,
  type Session,
  type TranscriptStore,
} from '@baton/core/internal';
import type { Db } from 'mongodb';
import { describe, expect, onTestFinished } from 'vitest';
import { createMasker } from '../../../../apps/worker/src/masking/masker.ts';
import { createTranscriptCopier } from '../../../../apps/worker/src/transcript/copier.ts';
import {
  type Restored,
  type RestoreOptions,
  restoreTranscript,
} from '../../../../apps/worker/src/transcript/restore.ts';
import { makeChild, makeSession } from '../../../support/factories.ts';
import { test } from '../../../support/services.ts';

test.beforeAll(({ db }) => ensureIndexes(db));

const MEBIBYTE = 1024 * 1024;
const SECRET = 'operator-secret-4711';

const base64 = (bytes: number) => randomBytes(bytes).toString('base64');
const entry = (content: unknown) =>
  `${JSON.stringify({ type: 'user', timestamp: '2026-01-01T00:00:00Z', message: { content } })}\n`;
const document = (data: string) => entry([{ type: 'document', source: { data } }]);
/** The line of a tool result that holds a document twice, as the CLI writes it. */
const readResult = (data: string) =>
  `${JSON.stringify({ type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 'r', content: data }] }, toolUseResult: { file: { base64: data } } })}\n`;

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-parts-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The main file of a conversation in the folder of an attempt. */
async function makeScene(
  db: Db,
  session: Session,
  { restored = [], folder, store = createTranscriptStore(db) }: Partial<SceneOptions> = {},
) {
  const projectDir = folder ?? (await makeFolder());
  const path = join(projectDir, `${session.root_session_id}.jsonl`);
  const reported: Buffer[] = [];
  const copier = createTranscriptCopier(store, {
    sessionId: session.id,
    rootSessionId: session.root_session_id,
    fence: 1,
    projectDir,
    restored,
    masker: createMasker([SECRET]),
    onUnreadable: (unread, error) => expect.unreachable(`${unread}: ${error}`),
    onAppended: (_path, data) => reported.push(Buffer.from(data)),
  });
  return {
    path,
    append: (text: string) => appendFile(path, text),
    async save({ verify = false } = {}) {
      session.transcript = await copier.copy({ verify });
      return session.transcript.files[0];
    },
    reported: () => Buffer.concat(reported).toString('latin1'),
    pieces: reported,
  };
}

interface SceneOptions {
  restored: Restored['files'];
  folder: string;
  store: TranscriptStore;
}

/** Restores a transcript into an empty folder, as another host does. */
async function restore(
  db: Db,
  [lineage, session]: [Session[], Session],
  options: RestoreOptions = {},
) {
  const folder = await makeFolder();
  const store = createTranscriptStore(db);
  const { files, cutCalls } = await restoreTranscript(store, lineage, session, folder, options);
  const text = await readFile(join(folder, `${session.root_session_id}.jsonl`), 'latin1');
  return { folder, files, cutCalls, text };
}

/** Returns how many bytes of the conversation's transcripts are stored as parts. */
async function bytesOfParts(db: Db, { root_session_id }: Session): Promise<number> {
  const chunks = await db
    .collection<{ bytes: number }>('transcript_parts')
    .find({ root_session_id }, { projection: { bytes: 1 } })
    .toArray();
  return chunks.reduce((sum, { bytes }) => sum + bytes, 0);
}

describe('a transcript with long runs of base64', () => {
  test('stores a document that stands in it three times once, and is restored byte for byte', async ({
    db,
  }) => {
    const session = makeSession();
    const data = base64(5 * MEBIBYTE);
    const { append, save, reported } = await makeScene(db, session);
    const lines = [entry('hi'), document(data), readResult(data), entry(SECRET)];
    await append(lines[0] ?? '');
    await save();
    for (const line of lines.slice(1)) await append(line);
    const whole = lines.join('').replace(SECRET, '*'.repeat(SECRET.length));
    expect(await save({ verify: true })).toMatchObject({
      generation: 0,
      length: whole.length,
      has_parts: true,
    });
    expect(await save({ verify: true })).toMatchObject({ generation: 0, length: whole.length });
    expect(await bytesOfParts(db, session)).toBe(data.length);
    expect((await restore(db, [[session], session])).text === whole).toBe(true);
    expect(reported() === whole).toBe(true);
  });

  test('shares its runs with later sessions of the conversation and with its next generation', async ({
    db,
  }) => {
    const root = makeSession();
    const data = base64(MEBIBYTE);
    const first = await makeScene(db, root);
    await first.append(document(data));
    await first.save();
    const child = makeChild(root);
    const { folder, files } = await restore(db, [[root], child]);
    const second = await makeScene(db, child, { folder, restored: files });
    await second.append(document(data));
    await second.save();
    const both = document(data).repeat(2);
    expect((await restore(db, [[child, root], child])).text === both).toBe(true);

    const compacted = `${entry('compacted')}${document(data)}`;
    await writeFile(second.path, compacted);
    expect(await second.save({ verify: true })).toMatchObject({ generation: 1, has_parts: true });
    expect((await restore(db, [[child, root], child])).text === compacted).toBe(true);
    expect(await bytesOfParts(db, root)).toBe(data.length);
  });

  test('still refers to parts in a session that adds only text', async ({ db }) => {
    const root = makeSession();
    const first = await makeScene(db, root);
    await first.append(document(base64(MEBIBYTE)));
    await first.save();
    const child = makeChild(root);
    const { folder, files } = await restore(db, [[root], child]);
    const second = await makeScene(db, child, { folder, restored: files });
    await second.append(entry('more'));
    expect(await second.save()).toMatchObject({ has_parts: true });
  });

  test('refers to no part if its runs are short', async ({ db }) => {
    const session = makeSession();
    const { append, save } = await makeScene(db, session);
    await append(document(base64(45_000)).repeat(30));
    expect(await save()).not.toHaveProperty('has_parts');
    expect(await bytesOfParts(db, session)).toBe(0);
  });

  test.for([1, 2, 3, 4, 5])(
    'stores the same parts after write %i to the store failed, and reports each byte once',
    async (failing, { db }) => {
      const session = makeSession();
      const data = base64(2 * MEBIBYTE);
      const store = createTranscriptStore(db);
      let writes = -1; // not counting the first line
      const failOnce = () => {
        writes += 1;
        if (writes === failing) throw new Error('away');
      };
      const { append, save, reported } = await makeScene(db, session, {
        store: {
          ...store,
          async put(position, bytes) {
            failOnce();
            await store.put(position, bytes);
          },
          async putPart(position, rootSessionId, bytes) {
            failOnce();
            await store.putPart(position, rootSessionId, bytes);
          },
        },
      });
      const whole = entry('hi') + readResult(data);
      await append(entry('hi'));
      await save();
      await append(readResult(data));
      await expect(save()).rejects.toThrow('away');
      expect(await save({ verify: true })).toMatchObject({ generation: 0, length: whole.length });
      expect((await restore(db, [[session], session])).text === whole).toBe(true);
      expect(await bytesOfParts(db, session)).toBe(data.length);
      expect(reported() === whole).toBe(true);
    },
  );

  test('is reported in whole lines, although its runs are stored alone', async ({ db }) => {
    const { append, save, pieces } = await makeScene(db, makeSession());
    const line = document(base64(100_000));
    await append(line.repeat(3));
    await save();
    expect(pieces.map((piece) => piece.toString('latin1') === line.repeat(3))).toEqual([true]);
  });

  test('is cut at its own offsets, before or after a part', async ({ db }) => {
    const session = makeSession();
    const data = base64(MEBIBYTE);
    const { append, save } = await makeScene(db, session);
    const kept = entry('hi') + document(data);
    await append(kept);
    await save();
    const cut = { covered: session.transcript.files };
    const call = { type: 'tool_use', id: 'w', name: 'Write', input: { content: data } };
    const edit = JSON.stringify({ type: 'assistant', message: { content: [call] } });
    await append(`${readResult(data)}${edit}\n${document(data)}`);
    await save();
    const back = await restore(db, [[session], session], { cut });
    expect(back.text === kept).toBe(true);
    expect(await bytesOfParts(db, session)).toBe(data.length);
  });
});
