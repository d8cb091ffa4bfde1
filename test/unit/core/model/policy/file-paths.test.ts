import {
  checkOverrides,
  checkPolicy,
  DEFAULT_POLICY,
  newId,
  type Policy,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

const LOCKED: Policy = {
  ...DEFAULT_POLICY,
  settingSources: { byDefault: [], allowed: [] },
  strictMcpConfig: { byDefault: true, isLocked: true },
};

const withPath = (path: string) => ({ query: 'hi', files: [{ file_id: newId(), path }] });

const refused = {
  code: 'FILE_PATH_NOT_ALLOWED',
  details: { field: 'files.0.path' },
};

const CONFIGURATION = [
  '.claude/settings.json',
  '.claude/settings.local.json',
  'sub/.claude/skills/x/SKILL.md',
  '.CLAUDE/agents/x.md',
  'CLAUDE.md',
  'docs/claude.md',
  'CLAUDE.local.md',
  '.mcp.json',
];

describe('an uploaded file that would be configuration of Claude Code', () => {
  test.each(CONFIGURATION)('is refused under the lock: %s', (path) => {
    expect(() => checkPolicy(withPath(path), LOCKED)).toThrow(expect.objectContaining(refused));
    expect(() => checkOverrides(withPath(path), LOCKED)).toThrow(expect.objectContaining(refused));
  });

  test.each(CONFIGURATION)('is allowed without a lock: %s', (path) => {
    expect(() => checkPolicy(withPath(path), DEFAULT_POLICY)).not.toThrow();
  });

  test.each<[string, boolean]>([
    ['CLAUDE.md', false],
    ['.claude/settings.json', false],
    ['CLAUDE.local.md', true],
    ['.claude/settings.local.json', true],
  ])('is judged by its own source, here with project alone: %s', (path, isRefused) => {
    const policy = { ...LOCKED, settingSources: { byDefault: [], allowed: ['project' as const] } };
    const check = expect(() => checkPolicy(withPath(path), policy));
    if (isRefused) check.toThrow(expect.objectContaining(refused));
    else check.not.toThrow();
  });
});

test.each(['data.csv', 'claude/x', 'src/claude.md.ts', 'mcp.json'])(
  'Another file is allowed under the lock: %s',
  (path) => {
    expect(() => checkPolicy(withPath(path), LOCKED)).not.toThrow();
  },
);

test('The operator can forbid files', () => {
  const policy = { ...DEFAULT_POLICY, forbiddenOptions: ['files'] };
  expect(() => checkPolicy(withPath('a'), policy)).toThrow(
    expect.objectContaining({ code: 'OPTION_NOT_ALLOWED', details: { field: 'files' } }),
  );
});
