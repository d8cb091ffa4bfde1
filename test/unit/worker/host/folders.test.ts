import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';

const FOLDERS = new URL('../../../../apps/worker/src/host/folders.ts', import.meta.url).href;
const NOBODY = 65_534;

/** Makes `tree` with a read-only folder in it, itself read-only. */
async function makeClosedTree(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'baton-test-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'tree/closed'), { recursive: true });
  await mkdir(join(root, 'other'));
  await writeFile(join(root, 'tree/closed/file'), '1');
  await writeFile(join(root, 'outside'), '1', { mode: 0o400 });
  await symlink(join(root, 'outside'), join(root, 'tree/link'));
  for (const name of ['', 'other', 'tree', 'tree/closed', 'tree/closed/file']) {
    if (process.getuid?.() === 0) await chown(join(root, name), NOBODY, NOBODY);
  }
  for (const name of ['tree/closed', 'tree']) await chmod(join(root, name), 0o555);
  return root;
}

/** Runs a call of folders.ts as a user that the modes bind. Root may write everywhere. */
async function runBound(call: string): Promise<void> {
  const script = `import { removeTree, moveTree } from ${JSON.stringify(FOLDERS)}; await ${call};`;
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], user);
}

describe('a read-only folder', () => {
  test('is removed with everything in it', async () => {
    const root = await makeClosedTree();
    await runBound(`removeTree(${JSON.stringify(join(root, 'tree'))})`);
    expect((await readdir(root)).sort()).toEqual(['other', 'outside']);
    expect((await stat(join(root, 'outside'))).mode & 0o777).toBe(0o400);
  });

  test('is moved into another folder with its mode', async () => {
    const root = await makeClosedTree();
    const [from, to] = [join(root, 'tree'), join(root, 'other/tree')];
    await runBound(`moveTree(${JSON.stringify(from)}, ${JSON.stringify(to)})`);
    expect((await stat(to)).mode & 0o777).toBe(0o555);
    expect((await readdir(to)).sort()).toEqual(['closed', 'link']);
  });
});
