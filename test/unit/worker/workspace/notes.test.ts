import { describe, expect, test } from 'vitest';
import { notesOf } from '../../../../apps/worker/src/workspace/notes.ts';

describe('the notes about a workspace', () => {
  test('are none as long as the files are where they were', () => {
    expect(notesOf({ path: '/work/a', movedFrom: [], isUncertain: false })).toEqual([]);
  });

  test('name the earlier paths and the new one', () => {
    const [note = '', ...more] = notesOf({
      path: '/work/c',
      movedFrom: ['/other/a', '/work/b', '/work/c'],
      isUncertain: false,
    });
    expect(note).toContain('is now /work/c');
    expect(note).toContain('/other/a, /work/b;');
    expect(more).toEqual([]);
  });

  test('say that files may be missing', () => {
    expect(notesOf({ path: '/work/a', movedFrom: [], isUncertain: true })).toEqual([
      expect.stringContaining('/work/a may be missing'),
    ]);
  });
});
