import { describe, expect, test } from 'vitest';
import { checkContinuedRepository } from '../../../../../packages/core/src/model/policy/repository-base.ts';

const base = { url: 'https://git.example.com/a.git', ref: 'main', commit: '0'.repeat(40) };
const inherits = (url: string) => ({ workspace: { type: 'git', url } });

describe('the repository of a continue', () => {
  test.each([
    ['git.example.com/b.git', { type: 'managed', base }],
    ['git.example.com/a.git', { type: 'managed' }],
  ])('may not be %s if the workspace of its parent is %j', (path, workspace) => {
    expect(() => checkContinuedRepository(inherits(`https://${path}`), { workspace })).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        details: { field: 'workspace.url' },
      }),
    );
  });

  test.each([
    ['is that of its parent', inherits(base.url), { workspace: { type: 'managed', base } }],
    ['begins where its parent has no workspace', inherits(base.url), {}],
    ['replaces a directory of the host', inherits(base.url), { workspace: { type: 'path' } }],
    ['is absent', {}, { workspace: { type: 'managed', base } }],
  ])('may stay if it %s', (_what, config, parent) => {
    expect(() => checkContinuedRepository(config, parent)).not.toThrow();
  });
});
