import { createHash } from 'node:crypto';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createTranscriptStore, ensureIndexes, type Session } from '@baton/core/internal';
import type { Db } from 'mongodb';
import { describe, expect, onTestFinished } from 'vitest';
import { createMasker } from '../../../../apps/worker/src/masking/masker.ts';
import {
  createTranscriptCopier,
  type TranscriptCopier,
} from '../../../../apps/worker/src/transcript/copier.ts';
import {
  type Restored,
  restoreTranscript,
} from '../../../../apps/worker/src/transcript/restore.ts';
import { makeChild, makeSession } from '../../../support/factories.ts';
import { test } from '../../../support/services.ts';
import { storedBytes } from '../../../support/stored-bytes.ts';

test.beforeAll(({ db }) => ensureIndexes(db));

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-transcript-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function put(folder: string, path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await appendFile(join(folder, path), content);
}

/** Every file below a folder, with its content. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  const contents = await Promise.all(paths.map((path) => readFile(path, 'latin1')));
  return Object.fromEntries(paths.map((path, i) => [relative(folder, path), contents[i] ?? '']));
}

function copierOf(
  db: Db,
  session: Session,
  folder: string,
  restored: Restored['files'] = [],
): TranscriptCopier {
  return createTranscriptCopier(createTranscriptStore(db), {
    sessionId: session.id,
    rootSessionId: session.root_session_id,
    fence: 1,
    projectDir: folder,
    restored,
    masker: createMasker([]),
    onUnreadable: (path, error) => expect.unreachable(`${path}: ${error}`),
  });
}

/** Saves a folder as an attempt does when it ends, and sets the manifest of the session. */
async function save(
  db: Db,
  session: Session,
  folder: string,
  restored: Restored['files'] = [],
): Promise<void> {
  session.transcript = await copierOf(db, session, folder, restored).copy({ verify: true });
}

function restore(db: Db, lineage: Session[], session: Session, folder: string): Promise<Restored> {
  return restoreTranscript(createTranscriptStore(db), lineage, session, folder);
}

const entry = (text: string) => `${JSON.stringify({ type: 'user', message: { content: text } })}\n`;

describe('a transcript', () => {
  test('is restored byte for byte, with odd bytes, large files and folders', async ({ db }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const from = await makeFolder();
    await put(from, main, Buffer.from([0x7b, 0xff, 0x00, 0xc3, 0x28, 0x7d, 0x0a]));
    await put(from, main, `${'€'.repeat(1024 * 1024)}\n${entry('a')}`);
    await put(from, `${session.id}/subagents/agent-a.jsonl`, entry('a') + entry('b'));
    await put(from, `${session.id}/subagents/agent-a.meta.json`, '{"agentType":"x"}');
    await save(db, session, from);
    const to = await makeFolder();
    await restore(db, [session], makeChild(session), to);
    expect(await filesOf(to)).toEqual(await filesOf(from));
    expect(Object.keys(await filesOf(to))).toHaveLength(3);
  });

  test('is stored once: each session stores only the bytes that it added', async ({ db }) => {
    const chain = [makeSession()];
    const main = `${chain[0]?.id}.jsonl`;
    const beside = `${chain[0]?.id}/subagents/agent-a.jsonl`;
    let folder = await makeFolder();
    await put(folder, main, entry('first'));
    await put(folder, beside, entry('sub'));
    await save(db, chain[0] as Session, folder);
    for (const text of ['second', 'third', 'fourth']) {
      const lineage = [...chain].reverse();
      const child = makeChild(lineage[0] as Session);
      const next = await makeFolder();
      const restored = await restore(db, lineage, child, next);
      expect(await filesOf(next)).toEqual(await filesOf(folder));
      await put(next, main, entry(text));
      await save(db, child, next, restored.files);
      expect(await storedBytes(db, child)).toBe(entry(text).length);
      chain.push(child);
      folder = next;
    }
    const whole = await filesOf(folder);
    expect(whole[main]).toBe(['first', 'second', 'third', 'fourth'].map(entry).join(''));
    const manifest = chain.at(-1)?.transcript.files.find(({ path }) => path === main);
    const sha256 = createHash('sha256')
      .update(whole[main] ?? '')
      .digest('hex');
    expect(manifest).toMatchObject({ generation: 0, length: whole[main]?.length, sha256 });
    const last = await makeFolder();
    await restore(db, [...chain].reverse(), makeChild(chain.at(-1) as Session), last);
    expect(await filesOf(last)).toEqual(whole);
  });

  test('with paths that no folder can hold fails the session and not the host', async ({ db }) => {
    const session = makeSession();
    const from = await makeFolder();
    await put(from, `${session.id}.jsonl`, entry('first'));
    await save(db, session, from);
    const [file] = session.transcript.files;
    if (!file) throw new Error('expected a file');
    for (const path of [file.path, `${'x'.repeat(300)}.jsonl`]) {
      const damaged = { ...session.transcript, files: [file, { ...file, path }] };
      const restoring = restore(
        db,
        [{ ...session, transcript: damaged }],
        session,
        await makeFolder(),
      );
      await expect(restoring).rejects.toMatchObject({ code: 'TRANSCRIPT_CORRUPT' });
    }
  });

  test('keeps its saved bytes if its folder disappears and another folder takes its place', async ({
    db,
  }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const folder = await makeFolder();
    const copier = copierOf(db, session, folder);
    await put(folder, main, entry('first'));
    const saved = await copier.copy({ verify: false });
    await rename(folder, `${folder}.away`);
    expect(await copier.copy({ verify: true })).toEqual(saved);
    await put(folder, main, entry('begun anew'));
    expect(await copier.copy({ verify: true })).toEqual(saved);
    await rm(folder, { recursive: true });
    await rename(`${folder}.away`, folder);
    await put(folder, main, entry('second'));
    session.transcript = await copier.copy({ verify: true });
    const to = await makeFolder();
    await restore(db, [session], makeChild(session), to);
    expect(await filesOf(to)).toEqual({ [main]: entry('first') + entry('second') });
  });

  test('keeps its restored bytes if its folder is missing when the attempt begins', async ({
    db,
  }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const from = await makeFolder();
    await put(from, main, entry('first'));
    await save(db, session, from);
    const folder = await makeFolder();
    const { files: restored } = await restore(db, [session], session, folder);
    await rename(folder, `${folder}.away`);
    const copier = copierOf(db, session, folder, restored);
    expect(await copier.copy({ verify: true })).toEqual(session.transcript);
    await put(folder, main, entry('begun anew'));
    expect(await copier.copy({ verify: true })).toEqual(session.transcript);
    await rm(folder, { recursive: true });
    await rename(`${folder}.away`, folder);
    await put(folder, main, entry('second'));
    session.transcript = await copier.copy({ verify: false });
    const to = await makeFolder();
    await restore(db, [session], makeChild(session), to);
    expect(await filesOf(to)).toEqual({ [main]: entry('first') + entry('second') });
  });

  test('without a message is not restored until it holds a message', async ({ db }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const queued = `${JSON.stringify({ type: 'queue-operation', content: '"type":"user"' })}\n`;
    const from = await makeFolder();
    await put(from, main, queued);
    await save(db, session, from);
    const to = await makeFolder();
    expect((await restore(db, [session], session, to)).files).toEqual([]);
    expect(await filesOf(to)).toEqual({});
    await put(from, main, entry('said'));
    await save(db, session, from);
    expect((await restore(db, [session], session, to)).files).toHaveLength(1);
  });

  test('is saved with a small file that was rewritten between two saves', async ({ db }) => {
    const session = makeSession();
    const beside = `${session.id}/subagents/agent-a.meta.json`;
    const from = await makeFolder();
    await put(from, `${session.id}.jsonl`, entry('a'));
    await put(from, beside, '{"a":1}');
    const copier = copierOf(db, session, from);
    await copier.copy({ verify: false });
    await writeFile(join(from, beside), '{"b":"longer"}');
    await put(from, `${session.id}.jsonl`, entry('b'));
    session.transcript = await copier.copy({ verify: false });
    const to = await makeFolder();
    await restore(db, [session], session, to);
    expect(await filesOf(to)).toEqual(await filesOf(from));
  });

  test('that did not change keeps its manifest', async ({ db }) => {
    const session = makeSession();
    const folder = await makeFolder();
    await put(folder, 'main.jsonl', entry('a'));
    const copier = copierOf(db, session, folder);
    const first = await copier.copy({ verify: false });
    expect(await copier.copy({ verify: false })).toBe(first);
    await put(folder, 'main.jsonl', entry('b'));
    const second = await copier.copy({ verify: false });
    expect(second).not.toEqual(first);
    await rm(join(folder, 'main.jsonl'));
    expect(await copier.copy({ verify: false })).toEqual({ files: [] });
  });

  test('is saved up to its last whole line', async ({ db }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const from = await makeFolder();
    await put(from, main, `${entry('whole')}{"type":"torn`);
    await put(from, `${session.id}/subagents/agent-a.jsonl`, '{"only":"torn"');
    await save(db, session, from);
    const to = await makeFolder();
    await restore(db, [session], makeChild(session), to);
    expect(await filesOf(to)).toEqual({ [main]: entry('whole') });
  });

  test('is saved with a line as soon as the line is complete, even if the line was written in several parts', async ({
    db,
  }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const from = await makeFolder();
    const copier = copierOf(db, session, from);
    const long = entry('x'.repeat(200_000));
    for (const at of [0, 50_000, 120_000]) {
      await put(from, main, long.slice(at, at === 0 ? 50_000 : at === 50_000 ? 120_000 : -1));
      expect(await copier.copy({ verify: false })).toEqual({ files: [] });
    }
    await put(from, main, `\n${entry('next')}{"torn`);
    session.transcript = await copier.copy({ verify: false });
    const to = await makeFolder();
    await restore(db, [session], makeChild(session), to);
    expect(await filesOf(to)).toEqual({ [main]: long + entry('next') });
  });

  test('gets a new generation of a file that was rewritten', async ({ db }) => {
    const parent = makeSession();
    const main = `${parent.id}.jsonl`;
    const meta = `${parent.id}/subagents/agent-a.meta.json`;
    const from = await makeFolder();
    await put(from, main, entry('one') + entry('two'));
    await put(from, meta, '{"n":1}');
    await save(db, parent, from);
    const child = makeChild(parent);
    const folder = await makeFolder();
    const { files } = await restore(db, [parent], child, folder);
    await writeFile(join(folder, main), entry('compacted and longer than it was before'));
    await writeFile(join(folder, meta), '{"n":2}');
    await save(db, child, folder, files);
    expect(child.transcript.files.map(({ base, generation }) => ({ base, generation }))).toEqual([
      { base: 0, generation: 1 },
      { base: 0, generation: 1 },
    ]);
    const to = await makeFolder();
    await restore(db, [child, parent], makeChild(child), to);
    expect(await filesOf(to)).toEqual(await filesOf(folder));
    const again = await makeFolder();
    await restore(db, [parent], makeChild(parent), again);
    expect(await filesOf(again)).toEqual(await filesOf(from));
  });

  test('grows from the bytes that an earlier attempt of the same session saved', async ({ db }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const first = await makeFolder();
    await put(first, main, entry(session.query));
    await save(db, session, first);
    const second = await makeFolder();
    const restored = await restore(db, [session], session, second);
    expect(restored.holdsPrompt).toBe(true);
    await put(second, main, entry('more'));
    await save(db, session, second, restored.files);
    const to = await makeFolder();
    await restore(db, [session], makeChild(session), to);
    expect(await filesOf(to)).toEqual({ [main]: entry(session.query) + entry('more') });
    expect(await storedBytes(db, session)).toBe((entry(session.query) + entry('more')).length);
  });

  test('ignores bytes that a dead attempt stored and never committed', async ({ db }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const dead = await makeFolder();
    await put(dead, main, entry('of the dead attempt, longer'));
    await save(db, session, dead);
    session.transcript = { files: [] };
    const alive = await makeFolder();
    await put(alive, main, entry('alive'));
    await save(db, session, alive);
    const to = await makeFolder();
    await restore(db, [session], makeChild(session), to);
    expect(await filesOf(to)).toEqual({ [main]: entry('alive') });
  });

  test('is empty if its folder is gone', async ({ db }) => {
    const session = makeSession();
    await save(db, session, join(await makeFolder(), 'gone'));
    expect(session.transcript).toEqual({ files: [] });
  });

  test('gets a new generation of a file that became shorter between two attempts', async ({
    db,
  }) => {
    const session = makeSession();
    const main = `${session.id}.jsonl`;
    const folder = await makeFolder();
    await put(folder, main, entry('one') + entry('two'));
    await save(db, session, folder);
    const { files } = await restore(db, [session], session, await makeFolder());
    await writeFile(join(folder, main), entry('one'));
    await save(db, session, folder, files);
    expect(session.transcript.files).toMatchObject([
      { length: entry('one').length, generation: 1 },
    ]);
  });
});
