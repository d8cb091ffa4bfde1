import { expect, test } from 'vitest';
import { isNewEnough } from '../../../../apps/worker/src/process/open-repositories.ts';
import {
  findOperatorCredentials,
  parseOperatorCredentials,
  secretsOfCredentials,
} from '../../../../apps/worker/src/repository/operator-credentials.ts';

const all = parseOperatorCredentials(
  JSON.stringify({
    'git.example.com': { username: 'me', password: 'the-password' },
    'git.example.com:8443': { password: 'of-the-port' },
    'ssh.example.com': { ssh_key: '-----BEGIN KEY-----\nline-one\nline-two\n-----END KEY-----\n' },
  }),
);

test('an entry with the port counts before an entry of the host', () => {
  const find = (host: string, port: number) => findOperatorCredentials(all, { host, port });
  expect(find('git.example.com', 443)).toMatchObject({ password: 'the-password' });
  expect(find('git.example.com', 8443)).toMatchObject({ password: 'of-the-port' });
  expect(find('other.example.com', 443)).toBeUndefined();
  expect(find('constructor', 443)).toBeUndefined();
});

test('passwords, keys and the lines of keys are secrets, and user names are none', () => {
  const secrets = secretsOfCredentials(all);
  expect(secrets).toEqual(expect.arrayContaining(['the-password', 'of-the-port', 'line-two']));
  expect(secrets).not.toContain('me');
  expect(secrets.some((one) => one.startsWith('-----BEGIN KEY-----\nline-one'))).toBe(true);
});

test.each([
  ['no JSON', '{"git.example.com": s3cret}'],
  ['an unknown key', '{"git.example.com": {"token": "s3cret"}}'],
  ['a URL in place of a host', '{"https://git.example.com": {"password": "s3cret"}}'],
  ['a password of two lines', '{"git.example.com": {"password": "s3cret\\nx"}}'],
])('a file with %s is refused, and the message shows no value', (_what, text) => {
  expect(() => parseOperatorCredentials(text)).toThrow(
    expect.objectContaining({
      code: 'INVALID_CONFIG',
      message: expect.not.stringContaining('s3cret'),
    }),
  );
});

test.each([
  ['2.36.9', false],
  ['2.37.0', true],
  ['2.39.5', true],
  ['2.100.0.windows.1', true],
  ['3.0', true],
  ['1.99', false],
])('git %s can pin an address: %s', (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});
