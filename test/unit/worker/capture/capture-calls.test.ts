// Captures with a real git and real directories: on one host, and restored on another from packs alone.

import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CaptureCorruptError } from '../../../../packages/core/src/captures.ts';
import {
  captureOf,
  look,
  openCaptures,
  PATH,
  requestOf,
  restoreOn,
  settle,
} from './capture-fixture.ts';
import { git, makeWorkspace, writeFiles } from './workspace-fixture.ts';

const SECRET = 'sk-ant-operator-0123456789';

/** Makes two hosts. The first has these files in its workspace. */
function makeHosts(files: Record<string, string | Buffer>): { here: string; there: string } {
  const root = makeWorkspace();
  const [here, there] = [join(root, 'here'), join(root, 'there')];
  writeFiles(join(here, 'w'), files);
  mkdirSync(there);
  return { here, there };
}

describe('a workspace comes back on another host with', () => {
  test('its contents, modes, symlinks and empty directories', async () => {
    const { here, there } = makeHosts({
      'a/text': 'hello\r\n$Id$\n',
      '.gitattributes': '* text=auto eol=crlf ident filter=x\n',
      empty: '',
      large: Buffer.alloc(3_000_000, 'x'),
      'nothing/in/here/': '',
      'set/': '',
      run: '#!/bin/sh\n',
      private: 'p',
      readonly: 'r',
    });
    const tree = join(here, 'w');
    symlinkSync('../../outside', join(tree, 'a/out'));
    symlinkSync('text', join(tree, 'a/in'));
    symlinkSync('nothing', join(tree, 'folder-link'));
    const modes = { run: 0o755, private: 0o600, readonly: 0o444, set: 0o2770, a: 0o555 };
    for (const [path, mode] of Object.entries(modes)) chmodSync(join(tree, path), mode);
    chmodSync(join(tree, 'run'), 0o4755);
    chmodSync(tree, 0o750);
    const captured = await captureOf(openCaptures(), requestOf(here));
    expect(captured).toMatchObject({ isSelfContained: true, isTorn: false, files: 10, leftOut: 0 });
    const restored = await restoreOn(there, [captured]);
    expect(look(restored)).toEqual(look(tree));
    chmodSync(join(tree, 'a'), 0o755);
    chmodSync(join(restored, 'a'), 0o755);
  });

  test('names of any bytes', async () => {
    const { here, there } = makeHosts({
      '-rf': 'a',
      ' ': 'b',
      é: 'c',
      'e\u0301': 'd',
      A: 'e',
      a: 'f',
    });
    const tree = join(here, 'w');
    for (const name of [
      'line\nfeed',
      'quo"te',
      'back\\slash',
      '\xff\xfe',
      'tab\t',
      '\x01',
      '%.git',
    ]) {
      writeFileSync(Buffer.from(`${tree}/${name}`, 'latin1'), name);
    }
    mkdirSync(Buffer.from(`${tree}/empty-\xff`, 'latin1'));
    const captured = await captureOf(openCaptures(), requestOf(here));
    expect(look(await restoreOn(there, [captured]))).toEqual(look(tree));
  });

  test('directories that git would refuse, and broken repositories', async () => {
    const { here, there } = makeHosts({
      '.GIT/x': 'a',
      'n/%.git/x': 'b',
      'n/%%.git': 'c',
      'm/.git': 'no git file',
      'git~1/x': 'd',
      '.gitmodules/x': 'e',
    });
    symlinkSync('/elsewhere', join(here, 'w/n/.gitmodules'));
    const captured = await captureOf(openCaptures(), requestOf(here));
    expect(look(await restoreOn(there, [captured]))).toEqual(look(join(here, 'w')));
  });

  test('a repository that works, with its commits, index and stash', async () => {
    const { here, there } = makeHosts({ 'r/a': '1' });
    const repository = join(here, 'w/r');
    git(repository, ['init', '-q']);
    git(repository, ['add', '.']);
    git(repository, ['commit', '-qm', 'one']);
    writeFiles(repository, { a: '2' });
    git(repository, ['stash', '-q']);
    writeFiles(repository, { b: '3', c: '4' });
    git(repository, ['add', 'b']);
    const restored = join(
      await restoreOn(there, [await captureOf(openCaptures(), requestOf(here))]),
      'r',
    );
    for (const args of [
      ['log', '--format=%H'],
      ['stash', 'list'],
      ['status', '--short'],
    ]) {
      expect(git(restored, args).toString()).toBe(git(repository, args).toString());
    }
    git(restored, ['fsck', '--strict']);
    expect(existsSync(join(restored, '.git/hooks'))).toBe(false);
  });

  test('a linked worktree that knows its new path', async () => {
    const { here, there } = makeHosts({ 'r/a': '1' });
    const repository = join(here, 'w/r');
    git(repository, ['init', '-q']);
    git(repository, ['add', '.']);
    git(repository, ['commit', '-qm', 'one']);
    git(repository, ['worktree', 'add', '-q', '../linked']);
    const captured = await captureOf(openCaptures(), requestOf(here));
    const restored = await restoreOn(there, [captured]);
    expect(git(join(restored, 'linked'), ['rev-parse', '--git-common-dir']).toString().trim()).toBe(
      join(restored, 'r/.git'),
    );
    expect(git(join(restored, 'r'), ['worktree', 'list']).toString()).toContain(
      join(restored, 'linked'),
    );
  });
});

describe('packs restore on another host', () => {
  test('one after the other, if each holds what is new since the last', async () => {
    const { here, there } = makeHosts({ 'a/x': 'one', 'a/y': 'two', z: 'three' });
    const captures = openCaptures();
    const first = await captureOf(captures, requestOf(here));
    rmSync(join(here, 'w/a'), { recursive: true });
    writeFiles(join(here, 'w'), { a: 'now a file' });
    const second = await captureOf(captures, requestOf(here, { previous: first.commit }));
    rmSync(join(here, 'w/z'));
    writeFiles(join(here, 'w'), { 'z/in': 'now a directory' });
    const third = await captureOf(captures, requestOf(here, { previous: second.commit }));
    expect(third.isSelfContained).toBe(false);
    expect(look(await restoreOn(there, [first, second, third]))).toEqual(look(join(here, 'w')));
  });

  test('without the ones between, if the last is merged', async () => {
    const { here, there } = makeHosts({ keep: 'k', change: '0' });
    const captures = openCaptures();
    const base = await captureOf(captures, requestOf(here));
    let previous = base.commit;
    const all = [];
    for (const content of ['1', '2', '3']) {
      writeFiles(join(here, 'w'), { change: content, [`new-${content}`]: content });
      const request = requestOf(here, { base: base.commit, previous, isMerged: true });
      const captured = await captureOf(captures, request);
      all.push(captured);
      previous = captured.commit;
    }
    const last = all.slice(-1);
    expect(look(await restoreOn(there, [base, ...last]))).toEqual(look(join(here, 'w')));
  });

  test('alone, if the capture is whole', async () => {
    const { here, there } = makeHosts({ a: '1' });
    const captures = openCaptures();
    const { commit } = await captureOf(captures, requestOf(here));
    await settle(captures, requestOf(here, { previous: commit }));
    const whole = await captureOf(captures, requestOf(here, { previous: commit, isWhole: true }));
    expect(whole.isSelfContained).toBe(true);
    expect(look(await restoreOn(there, [whole]))).toEqual(look(join(here, 'w')));
  });

  test('alone, if the shadow folder was lost before the capture', async () => {
    const { here, there } = makeHosts({ a: '1' });
    const captures = openCaptures();
    const { commit } = await captureOf(captures, requestOf(here));
    rmSync(join(here, 's'), { recursive: true });
    writeFiles(join(here, 'w'), { b: '2' });
    // These captures remember that the repository held the commit.
    const next = await captureOf(captures, requestOf(here, { base: commit, isMerged: true }));
    expect(next.isSelfContained).toBe(true);
    expect(look(await restoreOn(there, [next]))).toEqual(look(join(here, 'w')));
  });

  test('and the other host continues from there', async () => {
    const { here, there } = makeHosts({ a: '1', b: '2' });
    const first = await captureOf(openCaptures(), requestOf(here));
    const tree = await restoreOn(there, [first]);
    writeFiles(tree, { b: '3' });
    const second = await captureOf(openCaptures(), requestOf(there, { base: first.commit }));
    expect(second.isSelfContained).toBe(false);
    rmSync(join(here, 'w'), { recursive: true });
    const back = requestOf(here);
    const captures = openCaptures();
    await captures.addPacks(back.shadow, [second.pack.file]);
    await captures.restore({ ...back, commit: second.commit, target: back.tree });
    expect(look(back.tree)).toEqual(look(tree));
  });
});

describe('a capture of an unchanged workspace', () => {
  test('starts no git process, also in a new worker', async () => {
    const { here } = makeHosts({ a: '1', 'b/c': '2' });
    const log = join(here, 'log');
    writeFiles(here, {
      'bin/git': `#!/bin/sh\necho "$*" >> ${log}\nPATH='${PATH}' exec git "$@"\n`,
    });
    chmodSync(join(here, 'bin/git'), 0o755);
    const path = [join(here, 'bin'), PATH].join(delimiter);
    const captures = openCaptures(path);
    const { commit } = await captureOf(captures, requestOf(here));
    const request = requestOf(here, { base: commit });
    await settle(captures, request);
    // A file that is too young to tell is read again, and settles.
    await settle(captures, request);
    const before = readFileSync(log, 'utf8');
    expect(before).toContain('fast-import');
    expect(await captures.capture(request)).toMatchObject({
      kind: 'unchanged',
      files: 2,
      bytes: 2,
    });
    await captures.release(request.shadow);
    expect(await openCaptures(path).capture(request)).toMatchObject({ kind: 'unchanged' });
    expect(readFileSync(log, 'utf8')).toBe(before);
  });

  test('finds a change of the same size and time that came right after the last', async () => {
    const { here, there } = makeHosts({ a: 'old' });
    const file = join(here, 'w/a');
    const captures = openCaptures();
    const first = await captureOf(captures, requestOf(here));
    const { atime, mtime } = statSync(file);
    writeFileSync(file, 'new');
    utimesSync(file, atime, mtime);
    const second = await captureOf(captures, requestOf(here, { previous: first.commit }));
    expect(look(await restoreOn(there, [first, second]))['/a']).toMatch(/new$/);
  });

  test('reads everything again if the secrets or the patterns are others', async () => {
    const { here } = makeHosts({ a: 'x', b: SECRET, '.gitignore': 'c\n', c: 'y' });
    const captures = openCaptures();
    const first = await captureOf(captures, requestOf(here));
    const request = requestOf(here, { base: first.commit, secrets: [SECRET] });
    const second = await captureOf(captures, request);
    expect(second).toMatchObject({ leftOut: 2 });
    const third = await captureOf(captures, { ...request, base: second.commit, include: ['c'] });
    expect(third).toMatchObject({ leftOut: 1 });
    expect(readFileSync(join(here, 'w/b'), 'utf8')).toBe(SECRET);
  });

  test('reads everything again if the saved scan is damaged', async () => {
    const { here } = makeHosts({ a: '1' });
    const captures = openCaptures();
    const { commit } = await captureOf(captures, requestOf(here));
    await captures.release(join(here, 's'));
    writeFileSync(join(here, 's/scan'), '{"version":1,');
    const request = requestOf(here, { base: commit });
    expect(await openCaptures().capture(request)).toMatchObject({ kind: 'unchanged' });
  });
});

test('a file with a secret is in no pack', async () => {
  const { here, there } = makeHosts({ a: 'x', 'b/secret': `key=${SECRET}` });
  const request = requestOf(here, { secrets: [SECRET] });
  const captured = await captureOf(openCaptures(), request);
  expect(captured.leftOut).toBe(1);
  expect(Object.keys(look(await restoreOn(there, [captured])))).toEqual(['', '/a', '/b']);
});

test('a file that gets a secret later leaves the capture', async () => {
  const { here, there } = makeHosts({ a: 'x', b: 'y' });
  const captures = openCaptures();
  const request = requestOf(here, { secrets: [SECRET] });
  const first = await captureOf(captures, request);
  appendFileSync(join(here, 'w/b'), SECRET);
  const second = await captureOf(captures, { ...request, previous: first.commit });
  expect(Object.keys(look(await restoreOn(there, [first, second])))).toEqual(['', '/a']);
});

describe('a workspace that is too large is not captured, by', () => {
  test.each([
    ['files', { maxFiles: 1 }, { limit: 'files', found: 2 }],
    ['bytes', { maxBytes: 3 }, { limit: 'bytes', found: 4 }],
  ])('%s', async (_, bound, found) => {
    const { here } = makeHosts({ a: '12', b: '34' });
    const result = await openCaptures().capture(requestOf(here, bound));
    expect(result).toEqual({ kind: 'too_large', ...found });
  });
});

describe('what is stored is refused if', () => {
  test('a pack is damaged', async () => {
    const { here, there } = makeHosts({ a: '1' });
    const { pack } = await captureOf(openCaptures(), requestOf(here));
    const bytes = readFileSync(pack.file);
    bytes[bytes.length - 30] = (bytes[bytes.length - 30] ?? 0) ^ 1;
    writeFileSync(pack.file, bytes);
    const added = openCaptures().addPacks(join(there, 's'), [pack.file]);
    await expect(added).rejects.toThrow(CaptureCorruptError);
  });

  test('the pack before it is missing', async () => {
    const { here, there } = makeHosts({ a: '1', b: '2' });
    const captures = openCaptures();
    const first = await captureOf(captures, requestOf(here));
    writeFiles(join(here, 'w'), { a: '3' });
    const second = await captureOf(captures, requestOf(here, { previous: first.commit }));
    const shadow = join(there, 's');
    await captures.addPacks(shadow, [second.pack.file]).catch(() => {});
    expect(await captures.has(shadow, second.commit)).toBe(false);
    const request = { ...requestOf(there), commit: second.commit, target: join(there, 'w') };
    await expect(captures.restore(request)).rejects.toThrow(CaptureCorruptError);
  });
});

test('a restore writes into no directory that holds something', async () => {
  const { here, there } = makeHosts({ a: '1' });
  const captures = openCaptures();
  const { commit } = await captureOf(captures, requestOf(here));
  writeFiles(there, { 'w/b': '2' });
  const { shadow } = requestOf(here);
  const restored = captures.restore({ shadow, commit, target: join(there, 'w'), tree: '/x' });
  await expect(restored).rejects.toThrow('to be an empty directory');
  expect(readdirSync(join(there, 'w'))).toEqual(['b']);
});

test('a restored workspace that is moved into its path needs no second reading', async () => {
  const { here, there } = makeHosts({ a: '1', '.gitignore': 'c\n', c: '2', 'd/': '' });
  const include = ['c'];
  const captured = await captureOf(openCaptures(), requestOf(here, { include }));
  const captures = openCaptures();
  const request = requestOf(here, { shadow: join(there, 's'), base: captured.commit, include });
  await captures.addPacks(request.shadow, [captured.pack.file]);
  rmSync(join(here, 'w'), { recursive: true });
  const target = join(there, 'new');
  await captures.restore({ ...request, commit: captured.commit, target });
  renameSync(target, request.tree);
  // Without git, only a capture that reads nothing works.
  const withoutGit = openCaptures('/nonexistent');
  expect(await withoutGit.capture(request)).toEqual({
    kind: 'unchanged',
    files: 3,
    bytes: 4,
    isBehind: false,
  });
});

test('many captures leave few packs in the shadow repository after a release', async () => {
  const { here, there } = makeHosts({ a: '0' });
  const captures = openCaptures();
  let previous: string | null = null;
  const all = [];
  for (let count = 1; count <= 22; count += 1) {
    writeFiles(join(here, 'w'), { a: String(count) });
    const captured = await captureOf(captures, requestOf(here, { previous }));
    all.push(captured);
    previous = captured.commit;
  }
  const { shadow } = requestOf(here);
  await captures.release(shadow);
  const packs = readdirSync(join(shadow, 'git/objects/pack')).filter((one) =>
    one.endsWith('.pack'),
  );
  expect(packs).toHaveLength(1);
  expect(await captures.has(shadow, previous ?? '')).toBe(true);
  expect(look(await restoreOn(there, all))).toEqual(look(join(here, 'w')));
});
