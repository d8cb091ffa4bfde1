// Runs the real .ci/run in a project whose checks pass. Each test chooses the results of the project's tests.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { test as base, expect } from 'vitest';
import { installerEnvironment } from '../../../tools/dev-services/environment.ts';

const ROOT = join(import.meta.dirname, '../../..');

const BOOTSTRAP = `import { spawnSync } from 'node:child_process';
const [, , command, ...args] = process.argv;
if (command === 'node') process.exit(spawnSync(process.execPath, args, { stdio: 'inherit' }).status);
`;

// Replaces vitest. Writes the first report of `runs.json` if it runs all files, and the second
// report if files are named.
const VITEST = `import { readFileSync, writeFileSync } from 'node:fs';
const out = process.argv.find((arg) => arg.startsWith('--outputFile.json=')).split('=')[1];
const files = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
console.log('asked for', files.join(' ') || 'all');
const runs = JSON.parse(readFileSync('runs.json', 'utf8'));
const results = Object.entries(runs[files.length === 0 ? 0 : 1]);
const testResults = results.map(([name, tests]) => ({
  name: process.cwd() + '/' + name,
  status: tests.includes('failed') ? 'failed' : 'passed',
  assertionResults: tests.map((status) => ({ status })),
}));
writeFileSync(out, JSON.stringify({ testResults }));
process.exit(testResults.some((file) => file.status === 'failed') ? 1 : 0);
`;

const APT_GET = `#!/bin/sh
echo "apt-get $*"
`;

type Results = Record<string, ('passed' | 'failed' | 'skipped')[]>;

const test = base.extend<{ ci: (...runs: Results[]) => Promise<{ code: number; out: string[] }> }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  ci: async ({}, use) => {
    const project = await mkdtemp(join(tmpdir(), 'baton-ci-'));
    for (const folder of ['.ci', 'scripts']) await mkdir(join(project, folder));
    for (const file of ['.ci/run', 'scripts/ci-tests.ts', 'scripts/ci']) {
      await cp(join(ROOT, file), join(project, file), { recursive: true });
    }
    await symlink(join(ROOT, 'node_modules'), join(project, 'node_modules'));
    await writeFile(join(project, 'scripts/bootstrap.mjs'), BOOTSTRAP);
    await writeFile(join(project, 'vitest.mjs'), VITEST);
    const manifest = { type: 'module', scripts: { test: `"${process.execPath}" vitest.mjs` } };
    await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
    await mkdir(join(project, 'bin'));
    await writeFile(join(project, 'bin/apt-get'), APT_GET, { mode: 0o755 });
    const PATH = [join(project, 'bin'), process.env['PATH']].join(delimiter);
    await use(async (...runs) => {
      await writeFile(join(project, 'runs.json'), JSON.stringify(runs));
      const env = { ...installerEnvironment(process.env), TMPDIR: project, PATH };
      const ended = promisify(execFile)(join(project, '.ci/run'), { env });
      const { stdout, code } = await ended.then(
        ({ stdout }) => ({ stdout, code: 0 }),
        (error: { stdout: string; code: number }) => error,
      );
      return { code, out: stdout.trimEnd().split('\n') };
    });
    await rm(project, { recursive: true, force: true, maxRetries: 5 });
  },
});

test('the run counts the tests and repeats no test if all pass', async ({ ci }) => {
  const { code, out } = await ci({ 'a.test.ts': ['passed', 'passed'] });
  expect(code).toBe(0);
  expect(out.filter((line) => line.startsWith('asked for'))).toEqual(['asked for all']);
  expect(out.at(-1)).toBe('2 passed, 0 failed');
});

test('the run names each file with skipped tests and counts no skipped test as passed', async ({
  ci,
}) => {
  const { code, out } = await ci({ 'a.test.ts': ['passed', 'skipped'], 'b.test.ts': ['passed'] });
  expect(out.slice(-2)).toEqual(['skipped: 1 a.test.ts', '2 passed, 0 failed']);
  expect(code).toBe(0);
});

test('the run installs nothing by apt-get, even without a Chromium', async ({ ci }) => {
  const { out } = await ci({ 'a.test.ts': ['passed'] });
  expect(out.filter((line) => line.includes('apt-get'))).toEqual([]);
});

test('the run names a file that passes the second time and counts the second results of its tests', async ({
  ci,
}) => {
  const { code, out } = await ci(
    { 'a.test.ts': ['passed'], 'b.test.ts': ['failed', 'passed'] },
    { 'b.test.ts': ['passed', 'passed'] },
  );
  expect(out).toContain('asked for b.test.ts');
  expect(out.slice(-2)).toEqual(['flaky: b.test.ts', '3 passed, 0 failed']);
  expect(code).toBe(0);
});

test('the run fails if a file fails twice', async ({ ci }) => {
  const { code, out } = await ci(
    { 'a.test.ts': ['passed'], 'b.test.ts': ['failed', 'passed'], 'c.test.ts': ['failed'] },
    { 'b.test.ts': ['failed', 'passed'], 'c.test.ts': ['passed'] },
  );
  expect(out).toContain('asked for b.test.ts c.test.ts');
  expect(out.slice(-2)).toEqual(['flaky: c.test.ts', '3 passed, 1 failed']);
  expect(code).toBe(1);
});
