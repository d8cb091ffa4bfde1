import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../../..');
const CLI = '@anthropic-ai/claude-code';

// The instructions of the Dockerfile, with continued lines joined into one.
const instructions = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .replaceAll(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** Returns the instructions of a stage, preceded by the instructions of its base stages. */
function stage(name: string): string[] {
  const from = instructions.findIndex((line) => line.endsWith(` AS ${name}`));
  if (from < 0) return [];
  const rest = instructions.slice(from + 1);
  const end = rest.findIndex((line) => line.startsWith('FROM '));
  const base = instructions[from]?.split(' ')[1] ?? '';
  return [...stage(base), ...rest.slice(0, end < 0 ? undefined : end)];
}

const lastOf = (name: string, keyword: string) =>
  stage(name).findLast((line) => line.startsWith(`${keyword} `));

test('the Dockerfile has no syntax line, so the build fetches no frontend', () => {
  expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).not.toMatch(/^#\s*syntax\s*=/im);
});

test('every stage is based on the same Node image', () => {
  const names = instructions.flatMap((line) => / AS (\S+)$/.exec(line)?.[1] ?? []);
  const bases = instructions.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
  expect(bases.filter((base) => !names.includes(base))).toEqual(['node:24-bookworm-slim']);
});

test('.dockerignore allows exactly the paths that the Dockerfile copies', () => {
  const allowed = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  const copied = instructions
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(' ').slice(1, -1));
  expect(new Set(allowed)).toEqual(new Set(copied));
});

test('dependencies come only from the lockfile, and the images have no development dependencies', () => {
  const installs = instructions.flatMap((line) => line.match(/npm (ci|i|install)\b[^&]*/g) ?? []);
  expect(installs.map((line) => line.trim())).toEqual([
    'npm ci --workspace=apps/api --omit=dev --ignore-scripts',
    'npm ci --workspace=apps/worker --omit=dev --ignore-scripts',
    'npm ci --ignore-scripts',
  ]);
});

describe.each([
  ['api', 'apps/api/src/main.ts'],
  ['worker', 'apps/worker/src/main.ts'],
])('the %s image', (name, main) => {
  test('runs as an unprivileged user', () => {
    expect(lastOf(name, 'USER')).toBe('USER node');
  });

  test('has an init process that forwards signals to node, without a shell between them', () => {
    expect(lastOf(name, 'ENTRYPOINT')).toBe('ENTRYPOINT ["tini", "--"]');
    expect(lastOf(name, 'CMD')).toBe(`CMD ["node", "${main}"]`);
  });

  test('has a health check', () => {
    expect(lastOf(name, 'HEALTHCHECK')).toContain('/healthz');
  });
});

test('only the worker image contains the CLI', () => {
  const copy = 'COPY --from=claude /usr/local/bin/claude /usr/local/bin/claude';
  expect(stage('worker')).toContain(copy);
  expect(stage('api')).not.toContain(copy);
});

test.each([
  ['with which the CLI hides its credentials from tools', ['bubblewrap', 'socat']],
  ['with which git reaches servers', ['git', 'openssh-client', 'ca-certificates']],
])('the worker image contains the programs %s', (_, programs) => {
  const installs = stage('worker')
    .filter((line) => line.includes('apt-get install'))
    .join(' ');
  expect(installs.split(/\s+/)).toEqual(expect.arrayContaining(programs));
});

describe('the lockfile that the CLI is installed from', () => {
  let folder: string;
  const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'baton-'));
    execFileSync(process.execPath, ['scripts/claude-lock.mjs', root, folder], {
      cwd: root,
      env: {},
    });
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('names the exact version in package.json', () => {
    const version = json(join(root, 'package.json')).devDependencies[CLI];
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(json(join(folder, 'package.json')).dependencies).toEqual({ [CLI]: version });
    expect(json(join(folder, 'package-lock.json')).packages[`node_modules/${CLI}`].version).toBe(
      version,
    );
  });

  test('contains only the CLI and its platform packages, with the hashes of the project', () => {
    const ours = json(join(root, 'package-lock.json')).packages;
    const { '': _, ...packages } = json(join(folder, 'package-lock.json')).packages;
    const platforms = Object.keys(ours[`node_modules/${CLI}`].optionalDependencies);
    expect(Object.keys(packages).sort()).toEqual(
      [CLI, ...platforms].map((one) => `node_modules/${one}`).sort(),
    );
    for (const [path, entry] of Object.entries(packages)) {
      expect(entry).toMatchObject({ integrity: ours[path].integrity });
      expect(entry).not.toHaveProperty('dev');
    }
  });
});
