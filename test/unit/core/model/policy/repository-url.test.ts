import {
  checkPolicy,
  DEFAULT_POLICY,
  findRepositoryRefusal,
  isSameRepository,
  type Policy,
  parseRange,
  parseRepositoryUrl,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

const LOOPBACK = ['127.0.0.0/8'].map(parseRange).filter((range) => range !== null);

function check(url: string, policy: Partial<Policy> = {}) {
  return findRepositoryRefusal(url, { ...DEFAULT_POLICY, ...policy });
}

describe('the URL of a repository', () => {
  test.each([
    ['https://GitHub.com/acme/x.git', 'https://github.com/acme/x.git', 443],
    ['https://github.com:443/acme/x', 'https://github.com/acme/x', 443],
    ['https://github.com:8443/acme/x', 'https://github.com:8443/acme/x', 8443],
    ['ssh://git@github.com/acme/x.git', 'ssh://git@github.com/acme/x.git', 22],
    ['ssh://git@github.com:22/acme/x.git', 'ssh://git@github.com/acme/x.git', 22],
    ['git@github.com:acme/x.git', 'ssh://git@github.com/acme/x.git', 22],
    ['ssh://host/~me/x', 'ssh://host/~me/x', 22],
    ['https://[2001:4860::1]/x', 'https://[2001:4860::1]/x', 443],
  ])('%s is read as %s', (url, canonical, port) => {
    expect(parseRepositoryUrl(url)).toMatchObject({ canonical, port });
    expect(check(url)).toBeNull();
  });

  test.each([
    ['another protocol', 'http://github.com/x'],
    ['git’s own protocol', 'git://github.com/x'],
    ['a file', 'file:///etc'],
    ['a path', '/etc'],
    ['a transport that runs a program', 'ext::sh -c id'],
    ['a transport helper', 'https::https://github.com/x'],
    ['an option', '--upload-pack=id'],
    ['an option in place of a host', 'ssh://-oProxyCommand=id/x'],
    ['an option in place of a user', 'ssh://-oProxyCommand=id@host/x'],
    ['an option in place of a path', 'ssh://host/-x'],
    ['an option in place of a path, in the short form', 'git@host:-x'],
    ['a password', 'https://user:s3cret@github.com/x'],
    ['an empty password', 'https://user:@github.com/x'],
    ['a token in place of a user', 'https://ghp_token@github.com/x'],
    ['a password of ssh', 'ssh://git:s3cret@github.com/x'],
    ['a query', 'https://github.com/x?y'],
    ['a fragment', 'https://github.com/x#y'],
    ['a step upwards', 'https://github.com/acme/../other/x'],
    ['an encoded step upwards', 'https://github.com/acme/%2e%2E/other/x'],
    ['an encoded slash and step', 'https://github.com/acme%2f..%2fother/x'],
    ['a backslash', String.raw`https://github.com/acme\..\other`],
    ['an encoded control character', 'https://github.com/acme%0a'],
    ['a broken escape', 'https://github.com/%zz'],
    ['an encoded host', 'ssh://%2d%2d/x'],
    ['no path', 'https://github.com/'],
  ])('may not have %s', (_what, url) => {
    expect(parseRepositoryUrl(url)).toBeNull();
    const refusal = check(url);
    expect(refusal).not.toBeNull();
    expect(refusal).not.toContain('s3cret');
  });

  test('is the same in each of its forms', () => {
    expect(isSameRepository('git@host:a/x.git', 'ssh://git@HOST:22/a/x.git')).toBe(true);
    expect(isSameRepository('https://host/a', 'https://host/b')).toBe(false);
  });
});

describe('ALLOWED_GIT_URLS', () => {
  test.each([
    ['https://github.com/acme/*', 'https://github.com/acme/x.git', true],
    ['https://github.com/acme/*', 'https://github.com/acme/a/b', true],
    ['https://github.com/acme/*', 'https://github.com/acmes/x', false],
    ['https://github.com/acme/*', 'https://github.com.evil.org/acme/x', false],
    ['https://github.com/acme/*', 'ssh://git@github.com/acme/x', false],
    ['https://github.com/acme/*', 'https://github.com:8443/acme/x', false],
    ['https://GitHub.com/acme/x.git', 'https://github.com/acme/x.git', true],
    ['https://github.com/acme/x.git', 'https://github.com/acme/x-git', false],
    ['https://*.example.com/*', 'https://git.example.com/x', true],
    ['https://*.example.com/*', 'https://evil.org/.example.com/x', false],
    ['ssh://git@host/*', 'git@host:a/x', true],
    ['ssh://git@host/*', 'ssh://other@host/a/x', false],
    ['ssh://*/*', 'ssh://git@host/x', false],
  ])('with %s: may a session use %s? %s', (pattern, url, expected) => {
    expect(check(url, { gitUrls: [pattern] }) === null).toBe(expected);
  });

  test('with none allows no repository', () => {
    expect(check('https://github.com/x', { gitUrls: [] })).toMatch(/ALLOWED_GIT_URLS/);
  });
});

describe('the addresses of git servers', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '[::1]',
    '[::ffff:10.0.0.1]',
    '169.254.169.254',
    'localhost',
  ])('like %s are refused, unless the operator allows them', (host) => {
    expect(check(`https://${host}/x`)).toMatch(/GIT_ALLOWED_ADDRESSES/);
    expect(check(`ssh://git@${host}/x`)).toMatch(/GIT_ALLOWED_ADDRESSES/);
  });

  test('that the operator allows are used', () => {
    expect(check('https://127.0.0.1/x', { gitAddresses: LOOPBACK })).toBeNull();
    expect(check('https://10.1.2.3/x', { gitAddresses: LOOPBACK })).not.toBeNull();
  });
});

describe('the policy', () => {
  const workspace = {
    type: 'git' as const,
    url: 'https://github.com/acme/x',
    setup: ['make'],
    push: { branch: 'baton/x' },
  };

  test.each([
    ['workspace.setup', 'workspace.setup'],
    ['workspace.push', 'workspace.push'],
    ['workspace', 'workspace'],
  ])('can forbid %s', (option, field) => {
    const policy = { ...DEFAULT_POLICY, forbiddenOptions: [option] };
    expect(() => checkPolicy({ workspace }, policy)).toThrow(
      expect.objectContaining({ code: 'OPTION_NOT_ALLOWED', details: { field } }),
    );
    const { setup: _, push: __, ...plain } = workspace;
    const check = () => checkPolicy({ workspace: plain }, policy);
    if (option === 'workspace') expect(check).toThrow();
    else expect(check).not.toThrow();
  });

  test('names workspace.url for a repository that it refuses', () => {
    const policy = { ...DEFAULT_POLICY, gitUrls: [] };
    expect(() => checkPolicy({ workspace }, policy)).toThrow(
      expect.objectContaining({
        code: 'REPOSITORY_NOT_ALLOWED',
        details: { field: 'workspace.url' },
      }),
    );
  });
});
