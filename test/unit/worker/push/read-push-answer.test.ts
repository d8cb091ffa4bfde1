import { describe, expect, test } from 'vitest';
import { findRejection } from '../../../../apps/worker/src/push/read-push-answer.ts';

const to = 'To https://git.example.com/a.git';
const line = (what: string, why: string) => ` ! [${what}]  0123 -> baton/x (${why})`;

describe('the reason of a rejected push', () => {
  test.each([
    [
      'a branch that is elsewhere',
      [to, line('rejected', 'stale info'), 'error: failed to push'],
      'stale info: the branch is not where this conversation left it',
    ],
    [
      'a hook, with what it printed',
      [
        'remote: no \u001b[31mway        ',
        'remote: ',
        to,
        line('remote rejected', 'pre-receive hook declined'),
      ],
      'pre-receive hook declined\nno  [31mway',
    ],
    ['a protected branch', [to, line('remote rejected', 'protected branch')], 'protected branch'],
    ['no words', [to, ' ! [rejected] 0123 -> baton/x'], 'rejected'],
  ])('is that of %s', (_what, lines, reason) => {
    expect(findRejection(lines.join('\n'))).toBe(reason);
  });

  test('is absent if the push did not come so far, or if only the server speaks of one', () => {
    expect(findRejection('fatal: unable to access')).toBeNull();
    expect(findRejection(`remote: ${line('rejected', 'x')}`)).toBeNull();
  });

  test('is bounded', () => {
    const said = Array.from({ length: 1000 }, () => 'remote: many words').join('\n');
    const reason = findRejection(`${said}\n${line('remote rejected', 'declined')}`);
    expect(Buffer.byteLength(reason ?? '')).toBe(2048);
  });
});
