import { expect, test } from 'vitest';
import { createSecretSearch } from '../../../../apps/worker/src/capture/secret-search.ts';

const bytes = (text: string) => Buffer.from(text).toString('latin1');
const json = (text: string) => JSON.stringify(text).slice(1, -1);

const SECRETS = [
  'plain-secret-0123',
  'with "quotes" and\nlines\\',
  '\u043f\u0430\u0440\u043e\u043b\u044c-12',
  '"\\/"\\/"\\/"',
];

test.each(SECRETS)('A search finds the secret %j plain and in JSON', (secret) => {
  const search = createSecretSearch(['another-secret', secret]);
  const ascii = json(secret).replace(
    /[^ -~]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  for (const form of [secret, json(secret), json(json(secret)), ascii]) {
    const text = bytes(`${'x'.repeat(5000)}${form}${'\0'.repeat(5000)}`);
    expect(search.holds(text)).toBe(true);
    expect(search.start().holdsNext(Buffer.from(text, 'latin1'))).toBe(true);
  }
  expect(search.holds(bytes(secret.slice(1)))).toBe(false);
});

test('A search finds a secret after many beginnings of it', () => {
  const search = createSecretSearch(['abcdefgh"ij']);
  const beginnings = 'abcdefgh '.repeat(1000);
  const holds = (text: string) => search.start().holdsNext(Buffer.from(text));
  expect(holds(`${beginnings}abcdefgh\\"ij`)).toBe(true);
  expect(holds(`${beginnings}${'x'.repeat(9000)}abcdefgh\\"ij`)).toBe(true);
  expect(holds(beginnings)).toBe(false);
});

test('A search in pieces finds a secret in any cut, and in pieces of one byte', () => {
  const secret = 'plain-secret-0123';
  const search = createSecretSearch([secret]);
  const findings = (texts: readonly string[]) => {
    const pieces = search.start();
    return texts.map((text) => pieces.holdsNext(Buffer.from(text)));
  };
  for (let cut = 0; cut <= secret.length; cut += 1) {
    expect(findings([`x${secret.slice(0, cut)}`, `${secret.slice(cut)}x`])).toContain(true);
  }
  expect(findings([...secret]).indexOf(true)).toBe(secret.length - 1);
});

test('A search ignores short secrets, and finds nothing without secrets', () => {
  expect(createSecretSearch(['true', 'dev']).holds('true dev')).toBe(false);
  expect(createSecretSearch([]).start().holdsNext(Buffer.from('x'))).toBe(false);
});
