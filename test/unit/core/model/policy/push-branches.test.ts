import { expect, test } from 'vitest';
import { isPushAllowed } from '../../../../../packages/core/src/model/policy/push-branches.ts';

test.each<[string, string[], boolean]>([
  ['baton/fix', ['baton/*'], true],
  ['baton/a/b', ['baton/*'], true],
  ['baton', ['baton/*'], false],
  ['my/baton/fix', ['baton/*'], false],
  ['main', ['baton/*', 'main'], true],
  ['main2', ['main'], false],
  ['anything', ['*'], true],
  ['team/x/fix', ['team/*/fix'], true],
  ['team/fix', ['team/*/fix'], false],
  ['aXa', ['a*a*a'], false],
  ['aXaYa', ['a*a*a'], true],
  ['a', ['a*a'], false],
  ['a.c', ['a?c'], false],
  ['main', [], false],
])('a push to %s under the patterns %j is allowed: %s', (branch, patterns, isAllowed) => {
  expect(isPushAllowed(branch, patterns)).toBe(isAllowed);
});
