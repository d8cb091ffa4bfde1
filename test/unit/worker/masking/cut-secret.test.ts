import { expect, test } from 'vitest';
import { dropCutSecret } from '../../../../apps/worker/src/masking/cut-secret.ts';

test.each<[string, string, string]>([
  ['the rest of a secret is removed', 'ret-key and more', ' and more'],
  ['the last letters of a secret are removed', '-key and more', ' and more'],
  ['one or two letters are kept, because any word may have them', 'ey and more', 'ey and more'],
  ['a whole secret is kept for the masker', 'secret-key and more', 'secret-key and more'],
  [
    'the rest of a secret behind a cut control sequence is removed',
    '0;1mret-key and more',
    ' and more',
  ],
])('at the start of a cut tail, %s', (_, text, left) => {
  expect(dropCutSecret(text, ['secret-key', 'another one'])).toBe(left);
});
