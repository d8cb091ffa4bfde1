import { expect, test } from 'vitest';
import { dropCutSecret } from '../../../../apps/worker/src/masking/cut-secret.ts';

test.each<[string, string, string]>([
  ['the rest of a secret goes', 'ret-key and more', ' and more'],
  ['its last letters go', '-key and more', ' and more'],
  ["a letter or two may be any word's", 'ey and more', 'ey and more'],
  ['a whole secret is left to who finds it', 'secret-key and more', 'secret-key and more'],
  ['the rest behind a cut control sequence goes', '0;1mret-key and more', ' and more'],
])('of a tail that was cut %s', (_, text, left) => {
  expect(dropCutSecret(text, ['secret-key', 'another one'])).toBe(left);
});
