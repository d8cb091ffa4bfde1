import { describe, expect, test } from 'vitest';
import { bringsAccount } from '../../../../apps/worker/src/claude/credentials.ts';
import { parseLine, rateLimitOf } from '../../../../apps/worker/src/claude/line.ts';
import { believable } from '../../../../apps/worker/src/claude/rate-limit.ts';

const NOW = new Date('2026-11-22T10:00:00Z');
const HOUR_S = 3600;
const inHours = (hours: number) => NOW.getTime() / 1000 + hours * HOUR_S;

function read(resetsAt: unknown, rateLimitType?: string) {
  const info = { status: 'rejected', resetsAt, rateLimitType };
  const limit = rateLimitOf(
    parseLine(JSON.stringify({ type: 'rate_limit_event', rate_limit_info: info })),
  );
  if (!limit) throw new Error('expected a rate limit');
  return believable(limit, NOW);
}

describe('the reset time of a rate limit', () => {
  test.each([
    ['in an hour', inHours(1), 'five_hour'],
    ['in an hour, in milliseconds', inHours(1) * 1000, 'five_hour'],
    ['at the end of five hours', inHours(5), 'five_hour'],
    ['in a week', inHours(7 * 24), 'seven_day'],
    ['in a week, with an unknown window', inHours(7 * 24), 'lunar'],
    ['in a week, without a window', inHours(7 * 24), undefined],
    ['a moment ago', inHours(-0.01), 'five_hour'],
  ])('is used if it is %s', (_, resetsAt, type) => {
    const { limit, isAbsurd } = read(resetsAt, type);
    expect(isAbsurd).toBe(false);
    expect(limit.resetsAt).toBeInstanceOf(Date);
  });

  test.each([
    ['1e10', 1e10],
    ['1e15', 1e15],
    ['1e300', 1e300],
    ['a negative number', -5],
    ['0', 0],
    ['a word', 'soon'],
    ['an object', {}],
    ['a week and two hours', inHours(7 * 24 + 2)],
    ['yesterday', inHours(-24)],
    ['ten hours away for a window of five hours', inHours(10), 'five_hour'],
  ])('is ignored if it is %s', (_, resetsAt, type?: string) => {
    const { limit, isAbsurd } = read(resetsAt, type);
    expect(limit).not.toHaveProperty('resetsAt');
    expect(isAbsurd).toBe(true);
  });

  test('may be missing', () => {
    expect(read(undefined).isAbsurd).toBe(false);
    expect(read(null).isAbsurd).toBe(false);
  });
});

test.each([
  [{}, false],
  [{ env: { FOO: 'bar' } }, false],
  [{ env: { ANTHROPIC_API_KEY: 'k' } }, true],
  [{ env: { ANTHROPIC_BASE_URL: 'http://own' } }, true],
  [{ settings: { apiKeyHelper: 'x' } }, true],
  [{ settings: { env: { CLAUDE_CODE_OAUTH_TOKEN: 'x' } } }, true],
])('a session with the config %j has its own account: %s', (config, brings) => {
  expect(bringsAccount(config as Parameters<typeof bringsAccount>[0])).toBe(brings);
});
