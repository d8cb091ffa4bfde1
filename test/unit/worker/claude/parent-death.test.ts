import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { findParentDeathLauncher } from '../../../../apps/worker/src/claude/parent-death.ts';

const made: string[] = [];

/** Makes a folder whose `setpriv` is this shell script. */
function folderWith(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-test-'));
  made.push(folder);
  writeFileSync(join(folder, 'setpriv'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'setpriv'), 0o755);
  return folder;
}

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

describe('the launcher that ends the CLI together with its worker', () => {
  test('is a setpriv that has the option', async () => {
    const folder = folderWith('shift 3; exec "$@"');
    expect(await findParentDeathLauncher(`${folder}:/bin`)).toEqual([
      join(folder, 'setpriv'),
      '--pdeathsig',
      'KILL',
      '--',
    ]);
  });

  test('is empty if setpriv does not have the option', async () => {
    const folder = folderWith('echo "unrecognized option" >&2; exit 1');
    expect(await findParentDeathLauncher(folder)).toEqual([]);
  });

  test('is empty if there is no setpriv', async () => {
    const folder = folderWith('');
    rmSync(join(folder, 'setpriv'));
    expect(await findParentDeathLauncher(folder)).toEqual([]);
  });
});
