import { expect, test } from 'vitest';
import {
  type ConfigChecks,
  filterGitConfig,
} from '../../../../apps/worker/src/capture/git-config-filter.ts';
import { git, makeWorkspace } from './workspace-fixture.ts';

// From standard input, git follows includes unless an option forbids it.
const LIST = ['config', '--no-includes', '--list', '-z', '--file', '-'];

/** Filters a configuration, and returns its settings as git reads them. */
function filter(text: string, checks?: ConfigChecks): string[] {
  const dir = makeWorkspace();
  const filtered = filterGitConfig(git(dir, LIST, text), checks);
  return git(dir, LIST, filtered).toString().split('\0').filter(Boolean);
}

test('Git reads the kept settings back as they were', () => {
  const kept = `[core]
\trepositoryformatversion = 1
\tfilemode
\tbare = false
[extensions]
\tobjectFormat = sha256
[user]
\tname = " Ann \\"the\\" \\\\ # ; \\t\\n Smith "
\temail = a@b
[remote "we.ird \\"na\\\\me\\" ]x"]
\turl = https://example.com/a.git
\tfetch = +refs/heads/*:refs/remotes/origin/*
\tfetch = +refs/tags/*:refs/tags/*
\turl = git@example.com:a/b.git
\turl = ssh://git@example.com:22/a
\turl = ../relative
[branch "feature/x.y"]
\tremote = .
\tmerge = refs/heads/m\u00e4in
\tdescription = "two\\nlines\rx"
[submodule "sub"]
\tupdate = rebase
\tactive
[pull]
\trebase = merges
[branch "Case"]
\trebase = true
[branch "case"]
\trebase = false
`;
  const dir = makeWorkspace();
  const before = git(dir, LIST, kept).toString().split('\0').filter(Boolean);
  expect(filter(kept)).toEqual(before);
});

test('Settings that run or read something are left away', () => {
  const canary = '!touch /tmp/canary';
  const settings = filter(`[core]
\tfsmonitor = ${canary}
\thooksPath = /tmp/hooks
\tsshCommand = ${canary}
\teditor = ${canary}
\tpager = ${canary}
\taskPass = ${canary}
\tgitProxy = ${canary}
\tattributesFile = /tmp/x
\texcludesFile = /tmp/x
\talternateRefsCommand = ${canary}
\tworktree = /tmp
[include]
\tpath = /tmp/x
[includeIf "gitdir:/"]
\tpath = /tmp/x
[alias]
\tst = ${canary}
[filter "x"]
\tclean = ${canary}
\tsmudge = ${canary}
\tprocess = ${canary}
[diff "x"]
\ttextconv = ${canary}
\tcommand = ${canary}
[merge "x"]
\tdriver = ${canary}
[credential]
\thelper = ${canary}
[url "ext::sh -c x"]
\tinsteadOf = https://
[protocol]
\tallow = always
[gpg]
\tprogram = ${canary}
[remote "o"]
\turl = ext::sh -c touch% /tmp/canary
\turl = "ext://sh -c x"
\turl = --upload-pack=x
\turl = ssh://-oProxyCommand=x/y
\turl = user@-oProxyCommand=x:y
\turl
\tuploadpack = ${canary}
\treceivepack = ${canary}
\tproxy = x
\tvcs = x
[branch "b"]
\tremote = ext::sh -c x
\tmergeoptions = -s x
[submodule "s"]
\tupdate = ${canary}
\turl = ext::sh
[pull]
\ttwohead = x
[sequence]
\teditor = ${canary}
[rebase]
\tinstructionFormat = x
[uploadpack]
\tpackObjectsHook = ${canary}
[interactive]
\tdiffFilter = ${canary}
`);
  expect(settings).toEqual([]);
});

test('Addresses lose their passwords, and only SSH keeps the user', () => {
  const settings = filter(`[remote "o"]
\turl = https://user:password@example.com/a?b@c
\turl = https://token@example.com/a
\tpushurl = ssh://git:password@example.com/a
\turl = https://example.com/a@b
`);
  expect(settings).toEqual([
    'remote.o.url\nhttps://example.com/a?b@c',
    'remote.o.url\nhttps://example.com/a',
    'remote.o.pushurl\nssh://git@example.com/a',
    'remote.o.url\nhttps://example.com/a@b',
  ]);
});

test('A work tree stays only if it is relative and inside the workspace', () => {
  const isInsideWorkspace = (path: string) => path === '../../../sub';
  const found = (path: string) => filter(`[core]\n\tworktree = ${path}\n`, { isInsideWorkspace });
  expect(found('../../../sub')).toEqual(['core.worktree\n../../../sub']);
  expect(found('../../../..')).toEqual([]);
  expect(filter('[core]\n\tworktree = ../../../sub\n')).toEqual([]);
});

test('Settings with a secret and settings that are no text are left away', () => {
  const holdsSecret = (bytes: string) => bytes.includes('s\u00c3\u00a9cret');
  const text =
    '[user]\n\tname = s\u00e9cret\n\temail = a@b\n[branch "s\u00e9cret"]\n\tremote = x\n';
  expect(filter(text, { holdsSecret })).toEqual(['user.email\na@b']);
  expect(filterGitConfig(Buffer.from('user.name\n\xff\0', 'latin1'))).toBe('');
});
