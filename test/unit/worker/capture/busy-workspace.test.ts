// Captures of a workspace that changes at the same time.

import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CommitWriter } from '../../../../apps/worker/src/capture/fast-import.ts';
import { scanTree } from '../../../../apps/worker/src/capture/scan-tree.ts';
import { createSecretSearch } from '../../../../apps/worker/src/capture/secret-search.ts';
import { createEntryWriter } from '../../../../apps/worker/src/capture/write-entry.ts';
import { createGit } from '../../../../packages/core/src/captures.ts';
import { untilPasses } from '../../../support/wait.ts';
import { captureOf, openCaptures, PATH, requestOf, restoreOn } from './capture-fixture.ts';
import { makeWorkspace, writeFiles } from './workspace-fixture.ts';

function makeHosts(files: Record<string, string>): { here: string; there: string } {
  const root = makeWorkspace();
  const [here, there] = [join(root, 'here'), join(root, 'there')];
  writeFiles(join(here, 'w'), files);
  mkdirSync(there);
  return { here, there };
}

test('a file that grows all the time is never captured as it was before the capture, unless the capture says so', async () => {
  const { here, there } = makeHosts({ log: '', other: 'x' });
  const captures = openCaptures();
  const first = await captureOf(captures, requestOf(here));
  const log = join(here, 'w/log');
  const script = 'i=0; while :; do i=$((i+1)); echo "$i" >> log; done';
  const options = { cwd: join(here, 'w'), env: { PATH }, stdio: 'ignore' } as const;
  const writer = spawn('sh', ['-c', script], options);
  onTestFinished(() => void writer.kill('SIGKILL'));
  await untilPasses(() => expect(statSync(log).size).toBeGreaterThan(1_000));

  const least = statSync(log).size;
  const second = await captures.capture(requestOf(here, { previous: first.commit }));

  if (second.kind === 'too_large') throw new Error('expected a capture');
  const captured = second.kind === 'captured' ? [first, second] : [first];
  const { size } = statSync(join(await restoreOn(there, captured), 'log'));
  expect(second.isBehind || size >= least).toBe(true);
});

describe('a file that the scan saw', () => {
  /** Scans a workspace with the file `a`, changes it, and writes the entry of the scan. */
  async function writeAfter(change: (file: string) => void) {
    const { here } = makeHosts({ a: 'old' });
    const { tree, shadow } = requestOf(here);
    const scan = scanTree(tree, { include: [], maxFiles: 10, maxBytes: 1_000 });
    const entry = scan.entries.get('a');
    if (!entry) throw new Error('expected the file in the scan');
    change(join(tree, 'a'));
    const written: string[] = [];
    const commit: Pick<CommitWriter, 'write'> = {
      async write(_path, _mode, size, pieces) {
        written.push(`${size} ${Buffer.concat([...pieces])}`);
        return true;
      },
    };
    const search = createSecretSearch([]);
    const git = createGit({ path: PATH, timeoutMs: 10_000 });
    const writer = createEntryWriter(git, { tree, shadow }, search, commit as CommitWriter);
    return { written, result: await writer.write('a', entry, scan.startedAtMs), tree };
  }

  test('and that changed since is written as it is now', async () => {
    const { written, result, tree } = await writeAfter((file) => appendFileSync(file, ' and new'));
    expect(result).toMatchObject({ kind: 'whole', entry: { size: 11 } });
    expect(written).toEqual([`11 ${readFileSync(join(tree, 'a'))}`]);
  });

  test('and that is gone since is not written', async () => {
    const { written, result } = await writeAfter((file) => rmSync(file));
    expect(result).toEqual({ kind: 'gone' });
    expect(written).toEqual([]);
  });
});
