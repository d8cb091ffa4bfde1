import { describe, expect, test } from 'vitest';
import { notesOf } from '../../../../apps/worker/src/workspace/notes.ts';

describe('the notes about a workspace', () => {
  test('are none as long as the files are where they were', () => {
    expect(notesOf({ path: '/srv/baton/a', movedFrom: [], isUncertain: false })).toEqual([]);
  });

  test('name the earlier paths and the new one', () => {
    const [note = '', ...more] = notesOf({
      path: '/srv/baton/c',
      movedFrom: ['/other/a', '/srv/baton/b', '/srv/baton/c'],
      isUncertain: false,
    });
    expect(note).toContain('is now /srv/baton/c');
    expect(note).toContain('/other/a, /srv/baton/b;');
    expect(more).toEqual([]);
  });

  test('say that files may be missing', () => {
    expect(notesOf({ path: '/srv/baton/a', movedFrom: [], isUncertain: true })).toEqual([
      expect.stringContaining('/srv/baton/a may be missing'),
    ]);
  });
});
