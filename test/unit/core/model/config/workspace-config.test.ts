import {
  continueRequestSchema,
  launchRequestSchema,
  parseInput,
  type SessionConfig,
  sessionConfigSchema,
  type WorkspaceChoice,
  workspaceOf,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import {
  parseContinueJob,
  parseLaunchJob,
} from '../../../../../packages/core/src/queue/job-builder.ts';

const PARENT = '018f0000-0000-7000-8000-000000000000';
const managed = { type: 'managed' } as const;
const path = { type: 'path', path: '/srv/work' } as const;

describe('the workspace of a config', () => {
  test.each<[string, unknown]>([
    ['a managed one', managed],
    ['64 patterns', { ...managed, include: Array(64).fill('dist/') }],
    ['a pattern of 1024 characters', { ...managed, include: ['x'.repeat(1024)] }],
    ['an absolute path', path],
  ])('may be %s', (_, workspace) => {
    expect(parseInput(sessionConfigSchema, { query: 'q', workspace })).toMatchObject({ workspace });
  });

  test.each<[string, string, unknown]>([
    ['a text', 'workspace', 'managed'],
    ['of an unknown type', 'workspace.type', { type: 'svn' }],
    ['a managed one with a path', 'workspace.path', { ...managed, path: '/srv' }],
    ['a path with patterns', 'workspace.include', { ...path, include: [] }],
    ['a path without a path', 'workspace.path', { type: 'path' }],
    ['a relative path', 'workspace.path', { type: 'path', path: 'srv' }],
    ['65 patterns', 'workspace.include', { ...managed, include: Array(65).fill('x') }],
    ['an empty pattern', 'workspace.include.0', { ...managed, include: [''] }],
    ['a pattern with NUL', 'workspace.include.0', { ...managed, include: ['a\0'] }],
    [
      'a pattern of 1025 characters',
      'workspace.include.0',
      { ...managed, include: ['x'.repeat(1025)] },
    ],
  ])('may not be %s', (_, field, workspace) => {
    expect(() => parseInput(sessionConfigSchema, { query: 'q', workspace })).toThrowError(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });

  test.each<[string, object]>([
    ['https://git.example.com/a.git', { ssh_key: 'k' }],
    ['ssh://git@git.example.com/a.git', { password: 'p' }],
    ['git@git.example.com:a.git', { password: 'p' }],
  ])('refuses credentials that do not fit the address %s', (url, credentials) => {
    const workspace = { type: 'git', url, credentials };
    expect(() => parseInput(sessionConfigSchema, { query: 'q', workspace })).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        details: { field: 'workspace.credentials' },
      }),
    );
  });

  test.each<[Pick<SessionConfig, 'working_dir' | 'workspace'>, WorkspaceChoice]>([
    [{}, { ...managed, include: [] }],
    [{ workspace: managed }, { ...managed, include: [] }],
    [{ workspace: { ...managed, include: ['a'] } }, { ...managed, include: ['a'] }],
    [{ workspace: path }, { ...path, field: 'workspace.path' }],
    [{ working_dir: '/srv/work' }, { ...path, field: 'working_dir' }],
  ])('%j means %j', (config, choice) => {
    expect(workspaceOf(config)).toEqual(choice);
  });
});

describe('working_dir and workspace together', () => {
  const both = { query: 'q', working_dir: '/srv/work', workspace: managed };
  const refusal = expect.objectContaining({
    code: 'INVALID_REQUEST',
    details: { field: 'workspace' },
    message: 'workspace: expected working_dir or workspace, not both',
  });

  test.each<[string, () => unknown]>([
    ['the body of a launch', () => parseInput(launchRequestSchema, both)],
    ['the body of a continue', () => parseInput(continueRequestSchema, both)],
    ['a continue from the library', () => parseContinueJob({ parent_session_id: PARENT, ...both })],
  ])('are refused in %s', (_, parse) => {
    expect(parse).toThrowError(refusal);
  });

  test('are refused in a launch from the library', () => {
    expect(() => parseLaunchJob(both)).toThrowError(
      expect.objectContaining({ details: { field: 'config.workspace' } }),
    );
  });

  test('are accepted if a continue clears one of them', () => {
    for (const cleared of [{ workspace: null }, { working_dir: null }]) {
      expect(parseInput(continueRequestSchema, { ...both, ...cleared })).toMatchObject(cleared);
    }
  });
});

describe('the job of a request', () => {
  test('requires workspaces if the request says what it works in', () => {
    const requires = ['workspaces'];
    expect(parseLaunchJob({ query: 'q', workspace: managed })).toMatchObject({ requires });
    const request = { parent_session_id: PARENT, query: 'q', workspace: null };
    expect(parseContinueJob(request)).toMatchObject({ requires });
    expect(parseContinueJob(request, { at: 3 })).toMatchObject({
      requires: ['continue_at', ...requires],
    });
    expect(parseLaunchJob({ query: 'q', workspace: path }, { requires: ['a'] })).toMatchObject({
      requires: ['a', ...requires],
    });
  });

  test('requires nothing if the request does not', () => {
    expect(parseLaunchJob({ query: 'q', working_dir: '/srv' })).not.toHaveProperty('requires');
  });
});
