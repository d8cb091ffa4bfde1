import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ScanOptions, scanTree } from '../../../../apps/worker/src/capture/scan-tree.ts';
import { createSecretSearch } from '../../../../apps/worker/src/capture/secret-search.ts';
import { WorkspaceTooLargeError } from '../../../../apps/worker/src/capture/too-large-error.ts';
import { git, makeWorkspace, writeFiles } from './workspace-fixture.ts';

const SECRET = 'sk-ant-operator-0123456789';

function scan(root: string, options: Partial<ScanOptions> = {}) {
  return scanTree(root, { include: [], maxFiles: 10_000, maxBytes: 1e9, ...options });
}

function paths(root: string, options: Partial<ScanOptions> = {}): string[] {
  return [...scan(root, options).entries.keys()].sort();
}

function leftOut(root: string, options: Partial<ScanOptions> = {}) {
  return Object.fromEntries(scan(root, options).leftOut);
}

const tracked = (...all: string[]) => ({ readTrackedPaths: () => new Set(all) });

describe('a scan lists', () => {
  test('files, symlinks as they are and directories, with modes, and counts files and bytes', () => {
    const root = makeWorkspace({ 'a/b.txt': 'abc', 'empty/': '' });
    symlinkSync('/etc/passwd', join(root, 'link'));
    symlinkSync('/etc', join(root, 'folder-link'));
    chmodSync(join(root, 'a/b.txt'), 0o4751);
    chmodSync(join(root, 'empty'), 0o700);
    const { entries, leftOut, files, bytes } = scan(root);
    expect([...entries.keys()].sort()).toEqual(['a', 'a/b.txt', 'empty', 'folder-link', 'link']);
    expect(entries.get('a/b.txt')).toMatchObject({ kind: 'file', mode: 0o4751, size: 3 });
    expect(entries.get('empty')).toMatchObject({ kind: 'directory', mode: 0o700 });
    expect(entries.get('link')).toMatchObject({ kind: 'symlink' });
    expect({ files, bytes, leftOut: leftOut.size }).toEqual({ files: 3, bytes: 18, leftOut: 0 });
  });

  test('names of any bytes', () => {
    const root = makeWorkspace();
    const names = ['a\nb', '-rf', 'caf\xc3\xa9', 'cafe\xcc\x81', '\xff\xfe', ' x ', '%.git', '..x'];
    for (const name of names) writeFileSync(Buffer.from(`${root}/${name}`, 'latin1'), '');
    mkdirSync(Buffer.from(`${root}/\xfd`, 'latin1'));
    writeFileSync(Buffer.from(`${root}/\xfd/in`, 'latin1'), '');
    expect(paths(root)).toEqual([...names, '\xfd', '\xfd/in'].sort());
  });

  test('a file of .git that names a repository elsewhere as an ordinary file', () => {
    const root = makeWorkspace({ 'sub/.git': 'gitdir: /elsewhere\n', 'sub/a': '' });
    expect(paths(root)).toEqual(['sub', 'sub/.git', 'sub/a']);
  });
});

describe('a scan leaves out', () => {
  test('a fifo and a socket as special', async () => {
    const root = makeWorkspace();
    execFileSync('mkfifo', [join(root, 'fifo')]);
    const server = createServer().listen(join(root, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    expect(leftOut(root)).toEqual({ fifo: 'special', socket: 'special' });
  });

  test('a name and a target of a link with a secret, and does not repeat the name', () => {
    const root = makeWorkspace({ [`d/${SECRET}.txt`]: '' });
    symlinkSync(`/x/${SECRET}`, join(root, 'link'));
    const result = leftOut(root, { secretSearch: createSecretSearch([SECRET]) });
    expect(result).toEqual({ [`d/${'*'.repeat(SECRET.length + 4)}`]: 'secret', link: 'secret' });
  });

  test('what lies too deep for the file system of another host', () => {
    const root = makeWorkspace();
    const name = 'n'.repeat(250);
    const depth = Math.floor((4095 - root.length - 64) / (name.length + 1));
    const long = join(root, ...Array.from({ length: depth }, () => name));
    mkdirSync(long, { recursive: true });
    writeFileSync(join(long, 'm'.repeat(Math.min(255, 4094 - long.length))), '');
    expect(Object.values(leftOut(root))).toEqual(['path_too_long']);
  });

  test('a directory that the worker may not read', () => {
    const root = makeWorkspace({ 'closed/in': '', open: '' });
    chmodSync(root, 0o755);
    chmodSync(join(root, 'closed'), 0);
    // Root may read everything, so the scan runs as nobody.
    const program = new URL('../../../../apps/worker/src/capture/scan-tree.ts', import.meta.url);
    const script = `const { scanTree } = await import(${JSON.stringify(program.href)});
      if (process.getuid() === 0) process.setuid(65534);
      const scan = scanTree(process.argv[1], { include: [], maxFiles: 9, maxBytes: 9 });
      console.log(JSON.stringify([[...scan.entries.keys()], [...scan.leftOut]]));`;
    const args = ['--input-type=module', '-e', script, root];
    const output = execFileSync(process.execPath, args, { encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual([['open'], [['closed', 'unreadable']]]);
  });
});

describe('a scan ends with an error', () => {
  test('once there are too many files, bytes or directories', () => {
    const root = makeWorkspace({ a: 'aaaa', b: 'bbbb', c: '' });
    const found = (options: Partial<ScanOptions>) => {
      try {
        scan(root, options);
      } catch (error) {
        if (error instanceof WorkspaceTooLargeError) return [error.limit, error.found];
        throw error;
      }
      return null;
    };
    expect(found({ maxFiles: 3, maxBytes: 8 })).toBeNull();
    expect(found({ maxFiles: 2 })).toEqual(['files', 3]);
    expect(found({ maxBytes: 7 })).toEqual(['bytes', 8]);
    writeFiles(root, { 'd/': '', 'e/': '', 'f/': '', 'g/': '' });
    expect(found({ maxFiles: 3 })).toEqual(['files', 4]);
  });

  test('if a symlink stands in place of the workspace', () => {
    const root = makeWorkspace({ 'real/a': '' });
    symlinkSync(join(root, 'real'), join(root, 'workspace'));
    expect(() => scan(join(root, 'workspace'))).toThrow('not a directory');
  });
});

describe('rules of gitignore decide what a scan takes:', () => {
  test('the same files as git', () => {
    const root = makeWorkspace({
      '.gitignore':
        '\xef\xbb\xbf# comment\r\n*.log\r\n!keep.log\n/anchored\nonlydir/\na/**/z\n**/deep\nback/*\n!back/in\n\\#hash\n\\!bang\ntrail  \nq?\n[xy]1\nbuild/\ngone/\n*.tmp\n',
      'one.log': '',
      'keep.log': '',
      anchored: '',
      'sub/anchored': '',
      onlydir: '',
      'sub/onlydir/f': '',
      'a/z': '',
      'a/1/2/z': '',
      'x/a/z': '',
      'p/q/deep/f': '',
      'back/in/f': '',
      'back/out/f': '',
      '#hash': '',
      '!bang': '',
      trail: '',
      q1: '',
      'q\u00e9': '',
      x1: '',
      Z1: '',
      'ONE.LOG': '',
      'pkg/.gitignore': '!build/\n/local\n*.txt\n!*.tmp\n',
      'pkg/build/f': '',
      'pkg/build/f.log': '',
      'pkg/build/build/f': '',
      'pkg/local': '',
      'pkg/in/local': '',
      'pkg/a.txt': '',
      'pkg/b.tmp': '',
      'build/f': '',
      'gone/.gitignore': '!*\n',
      'gone/f': '',
      'excluded.x': '',
      'kept.x': '',
      'all/.gitignore': '*\n!*/\n!*.c\n',
      'all/a.c': '',
      'all/a.h': '',
      'all/in/b.c': '',
      'all/in/b.h': '',
    });
    git(root, ['init', '-q']);
    writeFiles(root, { '.git/info/exclude': '*.x\nkeep.log\n', '.git/info/more': '' });
    writeFiles(root, { '.gitignore.bak': '' });
    const listed = git(root, ['ls-files', '-z', '-o', '--exclude-standard']).toString('latin1');
    const expected = listed.split('\0').filter(Boolean).sort();
    const { entries } = scan(root);
    const found = [...entries].filter(
      ([p, { kind }]) => kind !== 'directory' && !/^\.git\//.test(p),
    );
    expect(found.map(([path]) => path).sort()).toEqual(expected);
    expect(expected).toContain('pkg/build/f');
    expect(expected).toContain('keep.log');
  });

  test('an ignored directory is left out as one, and its files are not listed', () => {
    const root = makeWorkspace({ '.gitignore': 'node_modules/\n', 'node_modules/x/y': '' });
    expect(paths(root)).toEqual(['.gitignore']);
    expect(leftOut(root)).toEqual({ node_modules: 'ignored' });
  });

  test('a nested repository has only its own rules', () => {
    const root = makeWorkspace({
      '.gitignore': '*.log\n',
      'nested/a.log': '',
      'nested/b.own': '',
      'nested/.gitignore': '*.own\n',
      'plain/.git/': '',
      'plain/a.log': '',
      'sub/.git': 'gitdir: ../.git/modules/sub\n',
      'sub/a.log': '',
      'sub/a.sub': '',
      '.git/modules/sub/HEAD': '',
      '.git/modules/sub/objects/': '',
      '.git/modules/sub/refs/': '',
      '.git/modules/sub/info/exclude': '*.sub\n',
    });
    git(join(root, 'nested'), ['init', '-q']);
    expect(leftOut(root)).toMatchObject({
      'nested/b.own': 'ignored',
      'plain/a.log': 'ignored',
      'sub/a.sub': 'ignored',
    });
    expect(paths(root)).toEqual(expect.arrayContaining(['nested/a.log', 'sub/a.log']));
  });

  test('tracked files are never ignored, and are looked up only where a rule ignores something', () => {
    const root = makeWorkspace({
      '.git/HEAD': '',
      '.gitignore': 'dist/\n*.log\n',
      'dist/in/a': '',
      'dist/in/b': '',
      'dist/c': '',
      'a.log': '',
      'b.log': '',
    });
    const asked: string[] = [];
    const readTrackedPaths = (gitDir: string) => {
      asked.push(gitDir);
      return new Set(['dist/in/a', 'a.log']);
    };
    const found = paths(root, { readTrackedPaths }).filter((path) => !path.startsWith('.git'));
    expect(found).toEqual(['a.log', 'dist', 'dist/in', 'dist/in/a']);
    expect(asked).toEqual([join(root, '.git')]);
    expect(leftOut(root, { readTrackedPaths })).toEqual({
      'b.log': 'ignored',
      'dist/c': 'ignored',
      'dist/in/b': 'ignored',
    });
    writeFiles(root, { '.gitignore': '' });
    paths(root, { readTrackedPaths });
    expect(asked).toHaveLength(2);
  });

  test('tracked paths count from the top of their repository', () => {
    const root = makeWorkspace({ 'r/.git/HEAD': '', 'r/.gitignore': '*', 'r/a': '', 'r/b': '' });
    expect(paths(root, tracked('a'))).toEqual(['r', 'r/.git', 'r/.git/HEAD', 'r/a']);
  });

  test('included files are taken, and only the directories that they need', () => {
    const root = makeWorkspace({
      '.gitignore': 'node_modules/\n.env\ndist/\n',
      'node_modules/a/b': '',
      'node_modules/c/.env': '',
      '.env': '',
      'dist/js/a.js': '',
    });
    const found = (...include: string[]) => paths(root, { include }).slice(0);
    expect(found('.env')).toEqual([
      '.env',
      '.gitignore',
      'node_modules',
      'node_modules/c',
      'node_modules/c/.env',
    ]);
    expect(found('/dist/')).toEqual(['.gitignore', 'dist', 'dist/js', 'dist/js/a.js']);
    expect(found('dist/js/*.js')).toEqual(['.gitignore', 'dist', 'dist/js', 'dist/js/a.js']);
    expect(found('dist/css/*.js')).toEqual(['.gitignore']);
    expect(leftOut(root, { include: ['dist/js'] })).toEqual({
      '.env': 'ignored',
      node_modules: 'ignored',
    });
  });

  test('a pattern that would take very long is not used, and nothing is ignored very deep', () => {
    const deep = `${'a/'.repeat(101)}x`;
    const root = makeWorkspace({
      '.gitignore': '**/a/**/a/**/a/**/x\n*a*a*a*a*\nx\n',
      [deep]: '',
      'in/x': '',
    });
    expect(leftOut(root)).toEqual({ 'in/x': 'ignored' });
  });

  test('a linked file of rules has no rules', () => {
    const root = makeWorkspace({ rules: 'a\n', a: '' });
    symlinkSync('rules', join(root, '.gitignore'));
    expect(leftOut(root)).toEqual({});
  });
});

describe('in a git directory a scan takes', () => {
  test('only what is on the list, in bare repositories and modules and worktrees too', () => {
    const repository = (dir: string) => ({
      [`${dir}/HEAD`]: '',
      [`${dir}/config`]: '',
      [`${dir}/hooks/pre-commit`]: '',
      [`${dir}/objects/info/alternates`]: '',
      [`${dir}/objects/pack/p.pack`]: '',
      [`${dir}/objects/pack/tmp_pack_1`]: '',
      [`${dir}/refs/heads/hooks`]: '',
      [`${dir}/index`]: '',
      [`${dir}/index.lock`]: '',
      [`${dir}/fsmonitor--daemon/cookies`]: '',
    });
    const root = makeWorkspace({
      ...repository('a/.git'),
      ...repository('bare'),
      ...repository('a/.git/modules/x/y'),
      'a/.gitignore': 'HEAD\nindex\n',
      'a/.git/modules/stray': '',
      'a/.git/worktrees/w/HEAD': '',
      'a/.git/worktrees/w/config.worktree': '',
      'a/.git/worktrees/w/hooks/x': '',
      'a/.git/rebase-merge/git-rebase-todo': '',
      'a/.git/info/exclude': '',
      'a/.git/info/other': '',
      'a/.git/lfs/objects/ab/cd/x': '',
      'a/.git/lfs/tmp/x': '',
      'src/hooks/use-it.ts': '',
      'src/HEAD': '',
    });
    symlinkSync('/etc/passwd', join(root, 'a/.git/config.worktree'));
    const { entries, leftOut } = scan(root);
    const files = [...entries].flatMap(([path, { kind }]) => (kind === 'directory' ? [] : [path]));
    const kept = (dir: string) =>
      ['HEAD', 'config', 'index', 'objects/pack/p.pack', 'refs/heads/hooks'].map(
        (name) => `${dir}/${name}`,
      );
    const dropped = (dir: string) => ({
      [`${dir}/hooks`]: 'runs_code',
      [`${dir}/objects/info/alternates`]: 'git_internal',
      [`${dir}/objects/pack/tmp_pack_1`]: 'git_internal',
      [`${dir}/index.lock`]: 'git_internal',
      [`${dir}/fsmonitor--daemon`]: 'git_internal',
    });
    expect(files.sort()).toEqual(
      [
        ...kept('a/.git'),
        ...kept('bare'),
        ...kept('a/.git/modules/x/y'),
        'a/.gitignore',
        'a/.git/worktrees/w/HEAD',
        'a/.git/worktrees/w/config.worktree',
        'a/.git/rebase-merge/git-rebase-todo',
        'a/.git/info/exclude',
        'a/.git/lfs/objects/ab/cd/x',
        'src/hooks/use-it.ts',
        'src/HEAD',
      ].sort(),
    );
    expect(Object.fromEntries(leftOut)).toEqual({
      ...dropped('a/.git'),
      ...dropped('bare'),
      ...dropped('a/.git/modules/x/y'),
      'a/.git/modules/stray': 'git_internal',
      'a/.git/worktrees/w/hooks': 'runs_code',
      'a/.git/info/other': 'git_internal',
      'a/.git/lfs/tmp': 'git_internal',
      'a/.git/config.worktree': 'runs_code',
    });
    const configs = [...entries].flatMap(([path, entry]) => (entry.isGitConfig ? [path] : []));
    expect(configs.sort()).toEqual([
      'a/.git/config',
      'a/.git/modules/x/y/config',
      'a/.git/worktrees/w/config.worktree',
      'bare/config',
    ]);
  });

  test('enough for git: stash, merge state and reflog of a real repository', () => {
    const root = makeWorkspace({ a: '1' });
    git(root, ['init', '-q']);
    git(root, ['add', 'a']);
    git(root, ['commit', '-qm', 'a']);
    writeFiles(root, { a: '2' });
    git(root, ['stash']);
    const found = paths(root);
    expect(found).toEqual(
      expect.arrayContaining([
        '.git/refs/stash',
        '.git/logs/refs/stash',
        '.git/index',
        '.git/HEAD',
      ]),
    );
    expect(found.some((path) => path.includes('hooks'))).toBe(false);
  });
});

describe('a git directory in an ignored directory', () => {
  const files = {
    '.gitignore': 'vendor/\n',
    'vendor/.env': '',
    'vendor/r/.git/hooks/.env': '',
    'vendor/r/.git/objects/': '',
    'vendor/r/.git/config': '',
    'vendor/bare.git/HEAD': '',
    'vendor/bare.git/objects/': '',
    'vendor/bare.git/refs/': '',
    'vendor/bare.git/hooks/.env': '',
  };

  test('is captured by its list if it is included', () => {
    const { entries, leftOut } = scan(makeWorkspace(files), { include: ['vendor/'] });
    expect([...entries.keys()].sort()).toEqual([
      '.gitignore',
      'vendor',
      'vendor/.env',
      'vendor/bare.git',
      'vendor/bare.git/HEAD',
      'vendor/bare.git/objects',
      'vendor/bare.git/refs',
      'vendor/r',
      'vendor/r/.git',
      'vendor/r/.git/config',
      'vendor/r/.git/objects',
    ]);
    expect(entries.get('vendor/r/.git/config')).toMatchObject({ isGitConfig: true });
    expect(Object.fromEntries(leftOut)).toEqual({
      'vendor/bare.git/hooks': 'runs_code',
      'vendor/r/.git/hooks': 'runs_code',
    });
  });

  test('is left out whole if only something in it is included', () => {
    const found = paths(makeWorkspace(files), { include: ['.env', 'hooks/'] });
    expect(found).toEqual(['.gitignore', 'vendor', 'vendor/.env']);
  });
});

test('A workspace that is itself a git directory is captured by the list', () => {
  const root = makeWorkspace({ HEAD: '', 'objects/': '', 'refs/': '', 'hooks/x': '', y: '' });
  expect(leftOut(root)).toEqual({ hooks: 'runs_code', y: 'git_internal' });
});

describe('two scans', () => {
  test('are the same if nothing changed, and differ after any change', () => {
    const root = makeWorkspace({ a: '1', 'd/b': '2', 'd/.gitignore': 'x', 'd/x': '' });
    const see = () => ({ ...scan(root), startedAtMs: 0 });
    let last = see();
    expect(see()).toEqual(last);
    const changes: (() => void)[] = [
      () => writeFiles(root, { a: '11' }),
      () => utimesSync(join(root, 'a'), 1, 1),
      () => chmodSync(join(root, 'd'), 0o700),
      () => renameSync(join(root, 'a'), join(root, 'c')),
      () => writeFiles(root, { 'e/': '' }),
      () => renameSync(join(root, 'd/x'), join(root, 'd/y')),
    ];
    for (const change of changes) {
      change();
      const next = see();
      expect(next).not.toEqual(last);
      last = next;
    }
  });
});
