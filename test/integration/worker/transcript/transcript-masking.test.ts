// The operator's secrets are masked in stored transcripts, by masks of the same length.
import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  CHUNK_MAX_BYTES,
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
  restoreTranscript,
} from '../../../../apps/worker/src/transcript/restore.ts';
import { makeChild, makeSession } from '../../../support/factories.ts';
import { test } from '../../../support/services.ts';
import { storedBytes } from '../../../support/stored-bytes.ts';

const SECRET = 'a "secret"/of the operator';
const masker = createMasker([SECRET]);

test.beforeAll(({ db }) => ensureIndexes(db));

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-transcript-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function put(folder: string, path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await appendFile(join(folder, path), content);
}

function copierOf(
  session: Session,
  projectDir: string,
  { store, restored = [] }: { store: TranscriptStore; restored?: Restored['files'] },
) {
  return createTranscriptCopier(store, {
    sessionId: session.id,
    rootSessionId: session.root_session_id,
    fence: 1,
    projectDir,
    restored,
    masker,
    onUnreadable: (path, error) => expect.unreachable(`${path}: ${error}`),
  });
}

/** The content that the next worker restores under this path. */
async function stored(db: Db, session: Session, path: string): Promise<string> {
  const to = await makeFolder();
  await restoreTranscript(createTranscriptStore(db), [session], makeChild(session), to);
  return readFile(join(to, path), 'utf8');
}

const entry = (text: string) => `${JSON.stringify({ type: 'user', message: { content: text } })}\n`;
const masked = (text: string) =>
  text
    .replaceAll(JSON.stringify(SECRET).slice(1, -1), '*'.repeat(SECRET.length + 2))
    .replaceAll(SECRET, '*'.repeat(SECRET.length));

describe('a transcript that holds a secret', () => {
  test('is stored masked at equal length, and its verification finds no rewrite', async ({
    db,
  }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const folder = await makeFolder();
    const copier = copierOf(session, folder, { store: createTranscriptStore(db) });
    const [one, two] = [entry(`one ${SECRET}`), entry(`two ${SECRET} ${SECRET}`)];
    await put(folder, main, one);
    await copier.copy({ verify: false });
    await put(folder, main, two);
    session.transcript = await copier.copy({ verify: true });
    expect(session.transcript.files).toMatchObject([
      { length: Buffer.byteLength(one + two), generation: 0 },
    ]);
    expect(await stored(db, session, main)).toBe(masked(one + two));
  });

  test('is continued from its restored part, and only new bytes are stored', async ({ db }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const store = createTranscriptStore(db);
    const first = await makeFolder();
    await put(first, main, entry(`one ${SECRET}`));
    session.transcript = await copierOf(session, first, { store }).copy({ verify: true });

    const child = makeChild(session);
    const second = await makeFolder();
    const { files } = await restoreTranscript(store, [session], child, second);
    const base = files[0]?.length;
    await put(second, main, entry(`two ${SECRET}`));
    child.transcript = await copierOf(child, second, { store, restored: files }).copy({
      verify: true,
    });
    expect(child.transcript.files).toMatchObject([{ generation: 0, base }]);
    expect(await storedBytes(db, child)).toBe(Buffer.byteLength(entry(`two ${SECRET}`)));
    const to = await makeFolder();
    await restoreTranscript(store, [child, session], makeChild(child), to);
    expect(await readFile(join(to, main), 'utf8')).toBe(
      masked(entry(`one ${SECRET}`) + entry(`two ${SECRET}`)),
    );
  });

  test('keeps a part that was stored unmasked before, and masks new bytes', async ({ db }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const store = createTranscriptStore(db);
    const first = await makeFolder();
    await put(first, main, entry(`one ${SECRET}`));
    session.transcript = await createTranscriptCopier(store, {
      sessionId: session.id,
      rootSessionId: session.root_session_id,
      fence: 1,
      projectDir: first,
      restored: [],
      masker: createMasker([]),
      onUnreadable: (path, error) => expect.unreachable(`${path}: ${error}`),
    }).copy({ verify: true });
    const second = await makeFolder();
    const { files } = await restoreTranscript(store, [session], session, second);
    await put(second, main, entry(`two ${SECRET}`));
    session.transcript = await copierOf(session, second, { store, restored: files }).copy({
      verify: true,
    });
    expect(session.transcript.files).toMatchObject([{ generation: 0 }]);
    expect(await stored(db, session, main)).toBe(
      entry(`one ${SECRET}`) + masked(entry(`two ${SECRET}`)),
    );
  });

  test('is masked in lines longer than a chunk, even across the ends of chunks', async ({ db }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const folder = await makeFolder();
    // One secret crosses the end of the first chunk, the other the end of the second.
    const upTo = (end: number) => 'x'.repeat(end - 5);
    const whole = entry(
      `${upTo(CHUNK_MAX_BYTES - 40)}${SECRET}${upTo(CHUNK_MAX_BYTES - 30)}${SECRET}`,
    );
    await put(folder, main, entry('short') + whole + entry(SECRET));
    session.transcript = await copierOf(session, folder, {
      store: createTranscriptStore(db),
    }).copy({ verify: true });
    expect(await stored(db, session, main)).toBe(masked(entry('short') + whole + entry(SECRET)));
  });

  test('is masked from the start of a line after the store failed within that line', async ({
    db,
  }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const folder = await makeFolder();
    const whole = entry(
      `${'x'.repeat(CHUNK_MAX_BYTES - 50)}${SECRET}${'y'.repeat(CHUNK_MAX_BYTES)}`,
    );
    await put(folder, main, entry('short') + whole);
    const store = createTranscriptStore(db);
    let puts = 0;
    const failing: TranscriptStore = {
      ...store,
      put: (location, data) => {
        puts += 1;
        return puts === 2 ? Promise.reject(new Error('away')) : store.put(location, data);
      },
    };
    const copier = copierOf(session, folder, { store: failing });
    await expect(copier.copy({ verify: false })).rejects.toThrow('away');
    await copier.copy({ verify: false });
    session.transcript = await copier.copy({ verify: true });
    expect(session.transcript.files).toMatchObject([{ generation: 0 }]);
    expect(await stored(db, session, main)).toBe(masked(entry('short') + whole));
  });

  test('is masked in every text and JSON file of its folder', async ({ db }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const files = {
      [main]: entry('go'),
      [`${session.id}/subagents/agent-1.jsonl`]: entry(SECRET),
      [`${session.id}/subagents/agent-1.meta.json`]: JSON.stringify({ id: 'a', about: SECRET }),
      [`${session.id}/tool-results/1.txt`]: `plain\n${SECRET}\n`,
    };
    const folder = await makeFolder();
    for (const [path, content] of Object.entries(files)) await put(folder, path, content);
    const copier = copierOf(session, folder, { store: createTranscriptStore(db) });
    await copier.copy({ verify: false });
    session.transcript = await copier.copy({ verify: true });
    for (const [path, content] of Object.entries(files)) {
      expect(await stored(db, session, path)).toBe(masked(content));
      expect(session.transcript.files).toContainEqual(
        expect.objectContaining({ path, generation: 0 }),
      );
    }
  });

  test('is stored again if the rest of a secret follows a stored beginning', async ({ db }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const folder = await makeFolder();
    await put(folder, main, entry('go'));
    await put(folder, 'result.txt', SECRET.slice(0, 9));
    const copier = copierOf(session, folder, { store: createTranscriptStore(db) });
    await copier.copy({ verify: false });
    await put(folder, 'result.txt', SECRET.slice(9));
    session.transcript = await copier.copy({ verify: true });
    expect(await stored(db, session, 'result.txt')).toBe(masked(SECRET));
  });
});

test('a file whose path holds a secret is not stored, and is reported once, with its path masked', async ({
  db,
}) => {
  const session = makeSession();
  const main = `${session.id}.jsonl`;
  const folder = await makeFolder();
  await put(folder, main, entry('go'));
  await put(folder, `${SECRET}.txt`, 'of no harm');
  await put(folder, `${SECRET}/notes/plain.txt`, 'of no harm');
  const reported: string[] = [];
  const copier = createTranscriptCopier(createTranscriptStore(db), {
    sessionId: session.id,
    rootSessionId: session.root_session_id,
    fence: 1,
    projectDir: folder,
    restored: [],
    masker,
    onUnreadable: (path, error) => expect.unreachable(`${path}: ${error}`),
    onSecretPath: (path) => reported.push(path),
  });
  await copier.copy({ verify: false });
  const manifest = await copier.copy({ verify: true });
  expect(manifest.files.map(({ path }) => path)).toEqual([main]);
  expect(reported.sort()).toEqual([
    `${'*'.repeat(SECRET.length)}.txt`,
    `${'*'.repeat(SECRET.length)}/notes/plain.txt`,
  ]);
});

test('a prompt that holds a secret is found in the masked transcript', async ({ db }) => {
  const session = makeSession({ query: `use ${SECRET}` });
  const main = `${session.id}.jsonl`;
  const folder = await makeFolder();
  await put(folder, main, entry(session.query));
  const store = createTranscriptStore(db);
  session.transcript = await copierOf(session, folder, { store }).copy({ verify: true });
  const restored = await restoreTranscript(store, [session], session, await makeFolder(), {
    prompt: masker.inJson(session.query),
  });
  expect(restored.holdsPrompt).toBe(true);
});
