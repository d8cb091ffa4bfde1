// Each way in which a repository, a shadow folder or an environment can make git run a program. Each program creates a
// file in a folder: the canaries.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { captureOf, look, openCaptures, requestOf, restoreOn, settle } from './capture-fixture.ts';
import { git, makeWorkspace, writeFiles } from './workspace-fixture.ts';

const HOOKS = [
  'applypatch-msg',
  'fsmonitor-watchman',
  'post-checkout',
  'post-commit',
  'post-index-change',
  'pre-auto-gc',
  'pre-commit',
  'reference-transaction',
];

/** Returns a command that shows that it ran. */
function plant(root: string) {
  const fired = join(root, 'fired');
  mkdirSync(fired);
  return {
    fired: () => readdirSync(fired),
    canary(name: string): string {
      const program = join(root, `canary-${name}`);
      writeFiles(root, { [`canary-${name}`]: `#!/bin/sh\ntouch ${join(fired, name)}\ncat\n` });
      chmodSync(program, 0o755);
      return program;
    },
  };
}

function hostileConfig(canary: (name: string) => string, hooks: string): string {
  return [
    `[core]\nbare = false\nrepositoryformatversion = 0`,
    `fsmonitor = ${canary('fsmonitor')}\nhooksPath = ${hooks}\nsshCommand = ${canary('ssh')}`,
    `pager = ${canary('pager')}\neditor = ${canary('editor')}\naskPass = ${canary('askpass')}`,
    `gitProxy = ${canary('proxy')}\nalternateRefsCommand = ${canary('alternates')}`,
    `[filter "x"]\nclean = ${canary('clean')}\nsmudge = ${canary('smudge')}`,
    `process = ${canary('process')}\nrequired = true`,
    `[diff "x"]\ncommand = ${canary('diff')}\ntextconv = ${canary('textconv')}`,
    `[merge "x"]\ndriver = ${canary('merge')}`,
    `[credential]\nhelper = ${canary('credential')}`,
    `[gpg]\nprogram = ${canary('gpg')}\n[commit]\ngpgSign = true`,
    `[uploadpack]\npackObjectsHook = ${canary('pack')}`,
    `[alias]\nls-files = !${canary('alias')}\nfast-import = !${canary('alias')}`,
    `[include]\npath = ${join(hooks, '../included')}`,
    `[remote "origin"]\nurl = ext::${canary('ext')}\nuploadpack = ${canary('uploadpack')}`,
    '',
  ].join('\n');
}

function plantHooks(folder: string, canary: (name: string) => string): void {
  mkdirSync(folder, { recursive: true });
  writeFiles(folder, { '../included': `[core]\nfsmonitor = ${canary('included')}\n` });
  for (const hook of HOOKS) symlinkSync(canary(hook), join(folder, hook));
}

function plantRepository(root: string, tree: string, canary: (name: string) => string): void {
  git(tree, ['init', '-q']);
  git(tree, ['add', '.']);
  git(tree, ['commit', '-qm', 'one']);
  writeFiles(tree, {
    '.gitattributes':
      '* filter=x diff=x merge=x text eol=crlf ident working-tree-encoding=UTF-16\n',
    '.git/config': hostileConfig(canary, join(root, 'hooks')),
    '.git/objects/info/alternates': join(root, 'other/objects\n'),
    '.git/info/attributes': '* filter=x diff=x merge=x\n',
  });
  rmSync(join(tree, '.git/hooks'), { recursive: true, force: true });
  plantHooks(join(tree, '.git/hooks'), canary);
  plantHooks(join(root, 'hooks'), canary);
}

test('nothing of a hostile workspace runs at its capture and restore, and no canary is captured', async () => {
  const root = makeWorkspace({
    'here/w/.gitignore': 'ignored\n',
    'here/w/ignored': 'i',
    'here/w/a': 'a\r\n',
  });
  const { fired, canary } = plant(root);
  plantRepository(root, join(root, 'here/w'), canary);
  const captures = openCaptures();
  const request = requestOf(join(root, 'here'));
  const first = await captureOf(captures, request);
  writeFiles(request.tree, { b: 'b' });
  const second = await captureOf(captures, { ...request, previous: first.commit });
  const restored = await restoreOn(join(root, 'there'), [first, second]);
  // The restored repository is as harmless.
  git(restored, ['status']);
  git(restored, ['checkout', '-q', '-b', 'new']);
  expect(fired()).toEqual([]);
  expect(readdirSync(join(restored, '.git'))).not.toContain('hooks');
  expect(readdirSync(join(restored, '.git/objects/info'))).toEqual([]);
  // The canaries do sing: git in the workspace itself wakes them.
  expect(() => git(request.tree, ['add', 'b'])).toThrow();
  expect(fired()).not.toEqual([]);
});

test('an include of a configuration is not followed out of the workspace', async () => {
  const root = makeWorkspace({
    'here/w/a': 'a',
    outside: '[user]\n\tname = from-outside\n',
  });
  git(join(root, 'here/w'), ['init', '-q']);
  writeFiles(root, {
    'here/w/.git/config': `[include]\n\tpath = ${join(root, 'outside')}\n[user]\n\temail = inside\n`,
  });
  const captured = await captureOf(openCaptures(), requestOf(join(root, 'here')));
  const restored = await restoreOn(join(root, 'there'), [captured]);
  const config = readFileSync(join(restored, '.git/config'), 'utf8');
  expect(config).toContain('inside');
  expect(config).not.toContain('from-outside');
});

test('nothing runs if the shadow repository itself was changed', async () => {
  const root = makeWorkspace({ 'here/w/a': 'a' });
  const { fired, canary } = plant(root);
  const captures = openCaptures();
  const request = requestOf(join(root, 'here'));
  const first = await captureOf(captures, request);
  const repository = join(request.shadow, 'git');
  writeFiles(repository, {
    config: hostileConfig(canary, join(root, 'hooks')),
    'config.worktree': hostileConfig(canary, join(root, 'hooks')),
    commondir: '/elsewhere\n',
    shallow: 'x\n',
    'info/attributes': '* filter=x\n',
    'info/grafts': 'x\n',
    'objects/info/alternates': '/elsewhere\n',
    'packed-refs': 'x\n',
  });
  plantHooks(join(repository, 'hooks'), canary);
  plantHooks(join(root, 'hooks'), canary);
  writeFiles(request.tree, { b: 'b' });
  const second = await captureOf(captures, { ...request, previous: first.commit });
  expect(second.isSelfContained).toBe(false);
  await captures.release(request.shadow);
  expect(fired()).toEqual([]);
});

test('a symlink in place of the shadow repository is not followed', async () => {
  const root = makeWorkspace({ 'here/w/a': 'a', 'elsewhere/keep': 'k', 'here/s/': '' });
  symlinkSync(join(root, 'elsewhere'), join(root, 'here/s/git'));
  await captureOf(openCaptures(), requestOf(join(root, 'here')));
  expect(readdirSync(join(root, 'elsewhere'))).toEqual(['keep']);
});

test('the environment of the worker reaches no git', async () => {
  const root = makeWorkspace({ 'here/w/a': 'a' });
  const { fired, canary } = plant(root);
  const config = join(root, 'config');
  writeFiles(root, { config: hostileConfig(canary, join(root, 'hooks')) });
  plantHooks(join(root, 'hooks'), canary);
  const env = {
    GIT_CONFIG_GLOBAL: config,
    GIT_CONFIG_PARAMETERS: `'core.hooksPath=${join(root, 'hooks')}'`,
    GIT_EXEC_PATH: join(root, 'hooks'),
    GIT_OBJECT_DIRECTORY: join(root, 'objects'),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: join(root, 'other'),
    GIT_TRACE: join(root, 'fired/trace'),
    GIT_TEMPLATE_DIR: join(root, 'hooks'),
    HOME: root,
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const captured = await captureOf(openCaptures(), requestOf(join(root, 'here')));
  await restoreOn(join(root, 'there'), [captured]);
  vi.unstubAllEnvs();
  expect(fired()).toEqual([]);
});

/** Puts a fifo that nobody writes into in place of whatever is there. */
function plantFifo(path: string): void {
  rmSync(path, { recursive: true, force: true });
  execFileSync('mkfifo', [path]);
}

// A reader that opens such a fifo waits without end, and a thread that waits captures for no session.
test.each([
  'scan',
  'git/refs/heads/capture',
  'git/HEAD',
  'git/objects/pack/pack-0000000000000000000000000000000000000000.idx',
  'git/objects/pack/multi-pack-index',
  'git/objects',
  'git',
])('a fifo in place of %s of the shadow folder keeps no capture waiting', async (name) => {
  const root = makeWorkspace({ 'here/w/a': '1' });
  const request = requestOf(join(root, 'here'));
  const earlier = openCaptures();
  const first = await captureOf(earlier, request);
  await earlier.release(request.shadow);
  plantFifo(join(request.shadow, name));
  writeFiles(root, { 'here/w/a': 'other' });
  const later = openCaptures();
  const next = await captureOf(later, { ...request, previous: first.commit });
  await later.release(request.shadow);
  const packs = next.isSelfContained ? [next] : [first, next];
  expect(look(await restoreOn(join(root, 'there'), packs))).toEqual(look(request.tree));
});

test.each(['a file', 'a symlink', 'a fifo'])(
  'a capture makes its shadow folder anew if %s has its path',
  async (kind) => {
    const root = makeWorkspace({ 'here/w/a': '1', 'elsewhere/': '' });
    const request = requestOf(join(root, 'here'));
    if (kind === 'a file') writeFiles(root, { 'here/s': 'x' });
    if (kind === 'a symlink') symlinkSync(join(root, 'elsewhere'), request.shadow);
    if (kind === 'a fifo') plantFifo(request.shadow);
    const captures = openCaptures();
    await captureOf(captures, request);
    await captures.release(request.shadow);
    expect(readdirSync(join(root, 'elsewhere'))).toEqual([]);
  },
);

test('a scan that was replaced by a folder is written anew', async () => {
  const root = makeWorkspace({ 'here/w/a': '1', 'here/s/scan/x': '' });
  const request = requestOf(join(root, 'here'));
  const captures = openCaptures();
  const { commit } = await captureOf(captures, request);
  await captures.release(request.shadow);
  await settle(openCaptures(), { ...request, previous: commit });
});
