import { describe, expect, test } from 'vitest';
import { findInTree } from '../../../../apps/api/src/captures/find-entry.ts';
import { type FileChange, parseChanges } from '../../../../apps/api/src/captures/parse-changes.ts';
import { toPatchName, withNames } from '../../../../apps/api/src/captures/patch-text.ts';
import {
  decodePath,
  encodePath,
  toLosslessText,
  toPathText,
} from '../../../../apps/api/src/captures/path-text.ts';

const [OLD, NEW, NONE] = ['1'.repeat(40), '2'.repeat(40), '0'.repeat(40)] as const;

describe('the output of git diff-tree', () => {
  test('is read with renamed, binary and hostile names, ordered by path', () => {
    const fields = [
      `:100644 100644 ${OLD} ${NEW} M`,
      'b\nc',
      `:000000 100644 ${NONE} ${NEW} A`,
      'a',
      `:100644 100755 ${OLD} ${NEW} R087`,
      'old',
      '%.gitmodules',
      '1\t2\tb\nc',
      '-\t-\ta',
      '3\t4\t',
      'old',
      '%.gitmodules',
    ];
    expect(parseChanges(`${fields.join('\0')}\0`)).toMatchObject([
      {
        path: '.gitmodules',
        oldPath: 'old',
        status: 'renamed',
        similarity: 87,
        lines: { added: 3, removed: 4 },
      },
      { path: 'a', status: 'added' },
      { path: 'b\nc', status: 'modified', lines: { added: 1, removed: 2 } },
    ]);
  });

  test.each(['nonsense', `:100644 100644 ${OLD} ${NEW} M\0../x`])(
    'is refused if it is not valid: %j',
    (output) => {
      expect(() => parseChanges(`${output.startsWith(':') ? output : `:${output}`}\0`)).toThrow(
        'is not valid',
      );
    },
  );
});

describe('a patch', () => {
  const change: FileChange = {
    status: 'modified',
    path: 'a b',
    oldMode: '100644',
    newMode: '100644',
    oldOid: OLD,
    newOid: NEW,
  };
  const body = '@@ -1 +1 @@\n--- a/0000\n+++ b/0000\n';

  test('gets the names of its file, but its lines stay', () => {
    const section = `diff --git a/0000 b/0000\nindex ${OLD}..${NEW} 100644\n--- a/0000\n+++ b/0000\n${body}`;
    expect(withNames(change, section)).toBe(
      `diff --git a/a b b/a b\nindex ${OLD}..${NEW} 100644\n--- a/a b\t\n+++ b/a b\t\n${body}`,
    );
  });

  test('of a file that was only renamed says so', () => {
    expect(withNames({ ...change, status: 'renamed', oldPath: 'c', similarity: 100 }, '')).toBe(
      'diff --git a/c b/a b\nsimilarity index 100%\nrename from c\nrename to a b\n',
    );
  });

  test('of a file that was renamed and got another mode has both', () => {
    const section = 'diff --git a/0000 b/0000\nold mode 100644\nnew mode 100755\n';
    expect(withNames({ ...change, status: 'renamed', oldPath: 'c' }, section)).toBe(
      'diff --git a/c b/a b\nold mode 100644\nnew mode 100755\nsimilarity index 100%\nrename from c\nrename to a b\n',
    );
  });

  test('of a binary file names it', () => {
    const section = `diff --git a/0000 b/0000\nnew file mode 100644\nindex ${NONE}..${NEW}\nBinary files /dev/null and b/0000 differ\n`;
    expect(withNames({ ...change, path: 'x', status: 'added' }, section)).toContain(
      'Binary files /dev/null and b/x differ\n',
    );
  });

  test.each([
    ['plain', 'plain'],
    ['h\xc3\xa9', 'h\xc3\xa9'],
    ['new\nline', '"new\\012line"'],
    ['quo"te', '"quo\\042te"'],
    ['\xff', '"\\377"'],
  ])('writes the name %j as %j', (path, expected) => {
    expect(toPatchName(path)).toBe(expected);
  });
});

test('an entry is found in a tree by the bytes of its name', () => {
  const entry = (mode: string, name: string, oid: string) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(oid, 'hex')]);
  const tree = Buffer.concat([
    entry('100644', 'a', OLD),
    entry('120000', '\xff\n', NEW),
    entry('40000', 'd', OLD),
  ]);
  expect(findInTree(tree, '\xff\n')).toEqual({ type: 'symlink', oid: NEW });
  expect(findInTree(tree, 'd')).toEqual({ type: 'directory', oid: OLD });
  expect(findInTree(tree, 'b')).toBe(null);
});

test('paths of any bytes become text, and come back', () => {
  expect(toPathText('h\xc3\xa9')).toEqual({ path: 'hé' });
  expect(toPathText('\xff%')).toEqual({ path: '\ufffd%', path_encoded: '%FF%25' });
  expect(toLosslessText('h\xc3\xa9')).toBe('hé');
  expect(toLosslessText('\xff%')).toBe('%FF%');
  for (const path of ['a b/c', '\xff%', 'h\xc3\xa9', 'new\nline']) {
    expect(decodePath(encodePath(path))).toBe(path);
  }
});
