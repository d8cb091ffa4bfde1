// Restores a session's own transcript up to what a capture of its workspace covers.
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  createTranscriptStore,
  ensureIndexes,
  newId,
  promptUuidOf,
  type Session,
} from '@baton/core/internal';
import type { Db } from 'mongodb';
import { describe, expect, onTestFinished } from 'vitest';
import { createMasker } from '../../../../apps/worker/src/masking/masker.ts';
import { createTranscriptCopier } from '../../../../apps/worker/src/transcript/copier.ts';
import {
  type Restored,
  restoreTranscript,
} from '../../../../apps/worker/src/transcript/restore.ts';
import type { CutOptions } from '../../../../apps/worker/src/transcript/transcript-cut.ts';
import { makeChild, makeSession } from '../../../support/factories.ts';
import { test } from '../../../support/services.ts';

test.beforeAll(({ db }) => ensureIndexes(db));

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-transcript-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function put(folder: string, path: string, lines: readonly string[]): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await appendFile(join(folder, path), lines.map((line) => `${line}\n`).join(''));
}

/** Every file below a folder, with its lines. */
async function linesOf(folder: string): Promise<Record<string, string[]>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  const found = paths.map((path, index) => [
    path.slice(folder.length + 1),
    (texts[index] ?? '').trimEnd().split('\n'),
  ]);
  return Object.fromEntries(found);
}

let minute = 0;
/** An entry as the CLI writes it. The text makes it longer than one piece of a read. */
function entry(type: string, content: unknown, uuid = newId()): string {
  minute += 1;
  const timestamp = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  const message = { role: type, content };
  return JSON.stringify({ parentUuid: null, isSidechain: false, type, message, uuid, timestamp });
}
const call = (name: string, id: string, input: object) =>
  entry('assistant', [{ type: 'tool_use', id, name, input }]);
const result = (id: string, content = 'ok') =>
  entry('user', [{ type: 'tool_result', tool_use_id: id, content }]);
const cost = (totalCostUSD: number) =>
  JSON.stringify({ type: 'cost-state', totalCostUSD, modelUsage: {} });
const uuidOf = (line: string): string => JSON.parse(line).uuid;

/** A session whose attempts save and restore its transcript. */
function makeScene(db: Db, session: Session) {
  const store = createTranscriptStore(db);
  let fence = 0;
  return {
    session,
    main: `${session.root_session_id}.jsonl`,
    /** Saves the folder as an attempt does; the store has the manifest then. */
    copierOf(projectDir: string, restored: Restored['files'] = []) {
      fence += 1;
      const copier = createTranscriptCopier(store, {
        sessionId: session.id,
        rootSessionId: session.root_session_id,
        fence,
        projectDir,
        restored,
        masker: createMasker([]),
        onUnreadable: (path, error) => expect.unreachable(`${path}: ${error}`),
      });
      return async () => {
        session.transcript = await copier.copy({ verify: true });
      };
    },
    async restore(cut?: CutOptions, lineage = [session], next = session) {
      const folder = await makeFolder();
      const options = cut ? { cut } : {};
      const restored = await restoreTranscript(store, lineage, next, folder, options);
      return { folder, restored };
    },
  };
}

const covered = (session: Session): CutOptions => ({ covered: session.transcript.files });

describe('a transcript that goes beyond the capture of the files', () => {
  test('ends before the first call that may have changed files, and describes only what is left', async ({
    db,
  }) => {
    const { session, main, copierOf, restore } = makeScene(db, makeSession());
    const folder = await makeFolder();
    const save = copierOf(folder);
    const prompt = entry('user', 'hi', promptUuidOf(session.id));
    const start = [prompt, call('Bash', 'a', { command: 'one' }), result('a'), cost(1)];
    await put(folder, main, start);
    await save();
    const capture = covered(session);
    const read = [call('Read', 'r', { file_path: '/a' }), result('r', 'long '.repeat(200_000))];
    const edit = [call('Edit', 'e', { file_path: '/srv/baton/a' }), result('e'), cost(2)];
    const message = entry('user', 'and now?');
    await put(folder, main, [...read, ...edit, message]);
    await save();

    const { folder: to, restored } = await restore(capture);
    expect(await linesOf(to)).toEqual({ [main]: [...start, ...read] });
    expect(restored).toMatchObject({
      isCut: true,
      cutCalls: ['Edit: /srv/baton/a'],
      holdsPrompt: true,
    });
    expect(restored.costState?.totalCostUsd).toBe(1);
    expect(restored.uuids.has(uuidOf(read[1] ?? ''))).toBe(true);
    expect(restored.uuids.has(uuidOf(edit[0] ?? ''))).toBe(false);
    expect(restored.uuids.has(uuidOf(message))).toBe(false);
    expect(restored.cutIds).toEqual(
      new Set([edit[0], edit[1], message].map((one = '') => uuidOf(one))),
    );
    expect(restored.messages.at(-1)).toBe(read[1]);
  });

  test('is restored whole if all calls beyond the capture change nothing', async ({ db }) => {
    const { session, main, copierOf, restore } = makeScene(db, makeSession());
    const folder = await makeFolder();
    const save = copierOf(folder);
    await put(folder, main, [entry('user', 'hi')]);
    await save();
    const capture = covered(session);
    await put(folder, main, [call('Read', 'r', {}), result('r'), entry('assistant', [])]);
    await save();
    const { folder: to, restored } = await restore(capture);
    expect(await linesOf(to)).toEqual(await linesOf(folder));
    expect(restored).toMatchObject({ isCut: false, cutCalls: [] });
  });

  test('ends at one time in all files, and loses the files that began later', async ({ db }) => {
    const { session, main, copierOf, restore } = makeScene(db, makeSession());
    const folder = await makeFolder();
    const save = copierOf(folder);
    const agent = (name: string) => `${session.id}/subagents/agent-${name}.jsonl`;
    const start = [entry('user', 'hi'), call('Agent', 'x', { description: 'look' })];
    await put(folder, main, start);
    const first = [entry('user', 'look')];
    await put(folder, agent('one'), first);
    await save();
    const capture = covered(session);
    const early = [call('Read', 'r', {}), result('r')];
    await put(folder, agent('one'), early);
    const other = [entry('user', 'look too')];
    await put(folder, agent('two'), other);
    await put(folder, agent('two'), [call('Write', 'w', { file_path: '/b' })]);
    await put(folder, agent('one'), [call('Read', 's', {}), result('s')]);
    await put(folder, agent('three'), [entry('user', 'and this'), call('Read', 't', {})]);
    await put(folder, main, [result('x')]);
    await save();

    const { folder: to, restored } = await restore(capture);
    expect(await linesOf(to)).toEqual({
      [main]: start,
      [agent('one')]: [...first, ...early],
      [agent('two')]: other,
    });
    expect(restored.cutCalls).toEqual(['Write: /b', 'Agent: look']);
    expect(restored.files.map(({ path }) => path).toSorted()).toEqual(
      [main, agent('one'), agent('two')].toSorted(),
    );
  });

  test('is not restored if nothing of its messages is left', async ({ db }) => {
    const { main, copierOf, restore } = makeScene(db, makeSession());
    const folder = await makeFolder();
    const save = copierOf(folder);
    await put(folder, main, [cost(1), call('Bash', 'a', { command: 'one' })]);
    await save();
    const { folder: to, restored } = await restore({ covered: [] });
    expect(await linesOf(to)).toEqual({});
    expect(restored).toMatchObject({ files: [], isCut: true, cutCalls: ['Bash: one'] });
  });

  test('grows from the cut, is cut again, and its child continues it, byte for byte', async ({
    db,
  }) => {
    const { session, main, copierOf, restore } = makeScene(db, makeSession());
    const other = `${session.id}/subagents/agent-one.jsonl`;
    const folder = await makeFolder();
    const start = [entry('user', 'hi'), entry('assistant', [{ type: 'text', text: 'well' }])];
    await put(folder, main, start);
    const save = copierOf(folder);
    await save();
    const capture = covered(session);
    const look = [call('Read', 'r', {}), result('r')];
    // One chunk holds what is kept and what is cut.
    await put(folder, main, [...look, call('Edit', 'e', {}), result('e', 'x'.repeat(300_000))]);
    await put(folder, other, [call('Edit', 'f', {}), result('f')]);
    await save();

    let kept = [...start, ...look];
    let latest = capture;
    for (const round of ['one', 'two']) {
      const { folder: next, restored } = await restore(latest);
      expect(restored.isCut).toBe(true);
      expect(await linesOf(next)).toEqual({ [main]: kept });
      // The manifest of the cut is committed before the CLI starts.
      session.transcript = {
        files: restored.files.map(({ path, base, generation, length, hash }) => ({
          path,
          base,
          generation,
          length,
          sha256: hash.copy().digest('hex'),
        })),
      };
      expect(await linesOf((await restore()).folder)).toEqual({ [main]: kept });
      const saveAgain = copierOf(next, restored.files);
      const more = [entry('user', round), entry('assistant', [{ type: 'text', text: round }])];
      await put(next, main, more);
      await saveAgain();
      expect(session.transcript.files).toMatchObject([{ path: main, generation: 0 }]);
      latest = covered(session);
      await put(next, main, [
        call('Write', `w${round}`, { file_path: round }),
        result(`w${round}`),
      ]);
      await put(next, other, [call('Write', `v${round}`, {}), entry('user', round.repeat(40))]);
      await saveAgain();
      expect(await linesOf((await restore()).folder)).toEqual(await linesOf(next));
      kept = [...kept, ...more];
    }

    const { folder: last, restored } = await restore(latest);
    expect(await linesOf(last)).toEqual({ [main]: kept });
    const saveLast = copierOf(last, restored.files);
    await put(last, main, [entry('user', 'bye')]);
    await saveLast();
    const child = makeScene(db, makeChild(session));
    const begun = await child.restore(undefined, [session], child.session);
    expect(await linesOf(begun.folder)).toEqual(await linesOf(last));
    const saveChild = child.copierOf(begun.folder, begun.restored.files);
    await put(begun.folder, main, [entry('user', 'on'), call('Edit', 'z', {})]);
    await saveChild();
    const lineage = [child.session, session];
    const whole = await child.restore(undefined, lineage, child.session);
    expect(await linesOf(whole.folder)).toEqual(await linesOf(begun.folder));
    const cut = await child.restore(covered(session), lineage, child.session);
    expect((await linesOf(cut.folder))[main]).toEqual(
      (await linesOf(begun.folder))[main]?.slice(0, -1),
    );
  });

  test('of a parent is not cut, and its calls are reported', async ({ db }) => {
    const { session, main, copierOf, restore } = makeScene(db, makeSession());
    const folder = await makeFolder();
    const save = copierOf(folder);
    await put(folder, main, [entry('user', 'hi'), call('Edit', 'e', { file_path: '/a' })]);
    await save();
    const { folder: to, restored } = await restore({ covered: [] }, [session], makeChild(session));
    expect(await linesOf(to)).toEqual(await linesOf(folder));
    expect(restored).toMatchObject({ isCut: false, cutCalls: ['Edit: /a'] });
  });
});
