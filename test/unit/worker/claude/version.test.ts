import { isAppError } from '@baton/core/internal';
import { expect, test } from 'vitest';
import { checkVersion, parseVersion } from '../../../../apps/worker/src/claude/version.ts';

test.each([
  ['2.1.330 (Claude Code)\n', '2.1.330'],
  ['v3.0.0', '3.0.0'],
  ['2.2.0-beta.1 (Claude Code)', '2.2.0'],
  ['a warning\n2.1.331 (Claude Code)', '2.1.331'],
  ['command not found', null],
  ['', null],
])('the version in %j is %j', (text, version) => {
  expect(parseVersion(text)).toBe(version);
});

test.each(['2.1.330', '2.1.1000', '2.10.0', '3.0.0'])(
  'the CLI version %s is new enough',
  (version) => {
    expect(checkVersion(`${version} (Claude Code)`)).toEqual({ version });
  },
);

test.each(['2.1.329', '2.1.197', '2.0.999', '1.9.400'])(
  'the CLI version %s is too old, and the message explains how to fix it',
  (version) => {
    const error = caught(`${version} (Claude Code)`);
    expect(error?.code).toBe('CLAUDE_TOO_OLD');
    expect(error?.message).toContain(version);
    expect(error?.message).toContain('npm install -g @anthropic-ai/claude-code@2.1.330');
    expect(error?.message).toContain('CLAUDE_BIN');
  },
);

test('a program that is not the CLI is refused with its output in the message', () => {
  expect(caught('hello')?.message).toContain('"hello"');
});

function caught(text: string) {
  try {
    checkVersion(text);
  } catch (error) {
    if (isAppError(error)) return error;
  }
  return undefined;
}
