import { describe, expect, test } from 'vitest';
import {
  buildManifest,
  CaptureCorruptError,
  type EntryKind,
  formatManifest,
  parseManifest,
  type TreeEntry,
} from '../../../../packages/core/src/captures.ts';

const entry = (kind: EntryKind, mode: number): TreeEntry => ({
  kind,
  mode,
  size: 1,
  mtimeMs: 1,
  ctimeMs: 1,
  ino: 1,
  dev: 1,
});

const ENTRIES = new Map([
  ['a', entry('directory', 0o755)],
  ['a/x', entry('file', 0o664)],
  ['a/y', entry('file', 0o664)],
  ['a/z', entry('file', 0o600)],
  ['a/run', entry('file', 0o775)],
  ['empty-\xff', entry('directory', 0o700)],
  ['link', entry('symlink', 0o777)],
]);

const manifest = buildManifest(
  { path: '/srv/baton/é', mode: 0o755 },
  ENTRIES,
  new Map([['hooks', 'runs_code']]),
  new Map([['a/z', 'secret']]),
);

test('a manifest has the modes that most entries have, and the exceptions', () => {
  expect(manifest).toEqual({
    root: '/srv/baton/é',
    rootMode: 0o755,
    defaults: { file: 0o664, executable: 0o775, directory: 0o700 },
    exceptions: new Map([['a', 0o755]]),
    emptyDirectories: ['empty-\xff'],
    leftOut: new Map([
      ['hooks', 'runs_code'],
      ['a/z', 'secret'],
    ]),
  });
});

test('a manifest comes back from its text, with paths that are no text', () => {
  const text = formatManifest(manifest);
  expect(text).toContain('{"base64":"ZW1wdHkt/w=="}');
  expect(text).toContain('"/srv/baton/é"');
  expect(formatManifest(parseManifest(text))).toBe(text);
});

describe('a manifest is refused', () => {
  test.each([
    ['if it is no JSON', 'x'],
    ['if it has an unknown version', '{"version":2}'],
    [
      'if a path leads out of the workspace',
      formatManifest({ ...manifest, emptyDirectories: ['a/../../b'] }),
    ],
    ['if a path is absolute', formatManifest({ ...manifest, emptyDirectories: ['/tmp/x'] })],
    ['if a mode is not octal', formatManifest(manifest).replace('"664"', '"9"')],
  ])('%s', (_, text) => {
    expect(() => parseManifest(text)).toThrow(CaptureCorruptError);
  });
});
