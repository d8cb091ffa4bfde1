import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readFileEntry, readLink } from '../../../../apps/worker/src/capture/read-entry.ts';
import { scanTree } from '../../../../apps/worker/src/capture/scan-tree.ts';
import { createSecretSearch } from '../../../../apps/worker/src/capture/secret-search.ts';
import type { TreeEntry } from '../../../../packages/core/src/captures.ts';
import { makeWorkspace, writeFiles } from './workspace-fixture.ts';

const SECRET = 'sk-ant-operator-0123456789';
const MIB = 1_048_576;
const search = createSecretSearch([SECRET]);

function entryOf(root: string, path: string): TreeEntry {
  const { entries } = scanTree(root, { include: [], maxFiles: 100, maxBytes: 1e9 });
  return entries.get(path) as TreeEntry;
}

function read(root: string, path: string, entry = entryOf(root, path)) {
  const result = readFileEntry(root, path, entry, search);
  return result.kind === 'content' ? Buffer.concat([...result.pieces]) : result;
}

/** A content of more than two pieces, with a text at an index. */
function largeWith(text: string, at: number): Buffer {
  const data = Buffer.alloc(2 * MIB + 100, 'content\n');
  data.write(text, at);
  return data;
}

describe('the content of a file', () => {
  test('is handed on byte for byte, in pieces of at most 1 MiB', () => {
    const large = largeWith('\0\xff', MIB - 1);
    const root = makeWorkspace({ empty: '', small: 'a\r\nb', large });
    expect(read(root, 'empty')).toEqual(Buffer.alloc(0));
    expect(read(root, 'small')).toEqual(Buffer.from('a\r\nb'));
    const result = readFileEntry(root, 'large', entryOf(root, 'large'), search);
    if (result.kind !== 'content') throw new Error(result.kind);
    const pieces = [...result.pieces];
    expect(pieces.map((piece) => piece.length)).toEqual([MIB, MIB, 100]);
    expect(Buffer.concat(pieces).equals(large)).toBe(true);
  });

  test('is read under any name', () => {
    const root = makeWorkspace();
    writeFileSync(Buffer.from(`${root}/\xff\n`, 'latin1'), 'x');
    expect(read(root, '\xff\n')).toEqual(Buffer.from('x'));
  });

  test('keeps its size if the file changes while it is read', () => {
    const root = makeWorkspace({ large: largeWith('', 0) });
    const result = readFileEntry(root, 'large', entryOf(root, 'large'), search);
    if (result.kind !== 'content') throw new Error(result.kind);
    const pieces: Buffer[] = [];
    for (const piece of result.pieces) {
      pieces.push(piece);
      truncateSync(join(root, 'large'), 10);
    }
    expect(Buffer.concat(pieces)).toHaveLength(2 * MIB + 100);
    expect(pieces[1]?.every((byte) => byte === 0)).toBe(true);
  });

  test('is not handed on if a secret appears after the search', () => {
    const root = makeWorkspace({ large: largeWith('', 0) });
    const result = readFileEntry(root, 'large', entryOf(root, 'large'), search);
    if (result.kind !== 'content') throw new Error(result.kind);
    writeFileSync(join(root, 'large'), largeWith(SECRET, 5));
    expect(Buffer.concat([...result.pieces]).every((byte) => byte === 0)).toBe(true);
  });
});

describe('a file is left out', () => {
  test.each([
    ['in a small file', `key=${SECRET}\n`],
    ['across the border of two pieces', largeWith(SECRET, MIB - 7)],
    ['at the end of a large file', largeWith(SECRET, 2 * MIB + 100 - SECRET.length)],
    ['in terminal colours', `\x1b[1msk-ant-\x1b[0moperator-0123456789`],
  ])('if it holds a secret %s', (_, content) => {
    const root = makeWorkspace({ file: content });
    expect(read(root, 'file')).toEqual({ kind: 'left_out', reason: 'secret' });
  });

  test('if its name holds a secret', () => {
    const root = makeWorkspace({ [`${SECRET}/a`]: '' });
    const path = `${SECRET}/a`;
    expect(read(root, path)).toEqual({ kind: 'left_out', reason: 'secret' });
  });

  test('if it is an object of git that holds a secret, compressed', () => {
    const object = (content: string) => deflateSync(`blob ${content.length}\0${content}`);
    const root = makeWorkspace({
      [`.git/objects/ab/${'c'.repeat(38)}`]: object(`${'x'.repeat(2 * MIB)}${SECRET}`),
      [`.git/objects/ab/${'d'.repeat(38)}`]: object('harmless'),
      [`.git/objects/ab/${'e'.repeat(38)}`]: 'broken',
      [`.git/objects/ab/${'f'.repeat(38)}`]: deflateSync(Buffer.alloc(130 * MIB), { level: 1 }),
    });
    const path = (digit: string) => `.git/objects/ab/${digit.repeat(38)}`;
    expect(read(root, path('c'))).toEqual({ kind: 'left_out', reason: 'secret' });
    expect(read(root, path('d'))).toEqual(object('harmless'));
    expect(read(root, path('e'))).toEqual(Buffer.from('broken'));
    expect(read(root, path('f'))).toEqual({ kind: 'left_out', reason: 'unreadable' });
  });

  test('but not if it is the configuration of git: the caller filters and searches it', () => {
    const root = makeWorkspace({ '.git/HEAD': '', '.git/config': SECRET });
    expect(read(root, '.git/config')).toEqual(Buffer.from(SECRET));
  });
});

describe('a file has changed', () => {
  const changes: [string, (root: string) => void][] = [
    ['grew', (root) => appendFileSync(join(root, 'd/file'), 'x')],
    ['shrank', (root) => truncateSync(join(root, 'd/file'), 1)],
    ['was written again', (root) => writeFileSync(join(root, 'd/file'), 'CONTENT')],
    ['was removed', (root) => rmSync(join(root, 'd/file'))],
    [
      'was replaced by another file',
      (root) => {
        writeFiles(root, { other: 'content' });
        renameSync(join(root, 'other'), join(root, 'd/file'));
      },
    ],
    [
      'was replaced by a symlink',
      (root) => {
        renameSync(join(root, 'd/file'), join(root, 'away'));
        symlinkSync('../away', join(root, 'd/file'));
      },
    ],
    [
      'was replaced by a fifo',
      (root) => {
        rmSync(join(root, 'd/file'));
        execFileSync('mkfifo', [join(root, 'd/file')]);
      },
    ],
    [
      'lies behind a directory that was replaced by a symlink',
      (root) => {
        renameSync(join(root, 'd'), join(root, 'away'));
        symlinkSync('away', join(root, 'd'));
      },
    ],
    [
      'lies behind a directory that was replaced by a file',
      (root) => {
        rmSync(join(root, 'd'), { recursive: true });
        writeFiles(root, { d: '' });
      },
    ],
  ];

  test.each(changes)('if it %s between scan and read', (_, change) => {
    const root = makeWorkspace({ 'd/file': 'content' });
    const entry = entryOf(root, 'd/file');
    change(root);
    expect(read(root, 'd/file', entry)).toEqual({ kind: 'changed' });
  });
});

describe('a symlink', () => {
  test('is read as it stands', () => {
    const root = makeWorkspace();
    symlinkSync(Buffer.from('../\xff', 'latin1'), join(root, 'link'));
    expect(readLink(root, 'link')).toEqual(Buffer.from('../\xff', 'latin1'));
  });

  test('is not read through a directory that was replaced by a symlink', () => {
    const root = makeWorkspace();
    mkdirSync(join(root, 'away'));
    symlinkSync('secret', join(root, 'away/link'));
    symlinkSync('away', join(root, 'd'));
    expect(() => readLink(root, 'd/link')).toThrow('changed');
  });
});
