import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../../..');
const CLI = '@anthropic-ai/claude-code';

// One instruction a line: continued lines are joined.
const instructions = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .replaceAll(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** The instructions of a stage, those of the stages it comes from first. */
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

test('no syntax line asks for a frontend to be fetched', () => {
  expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).not.toMatch(/^#\s*syntax\s*=/im);
});

test('every stage stands on the same Node image', () => {
  const names = instructions.flatMap((line) => / AS (\S+)$/.exec(line)?.[1] ?? []);
  const bases = instructions.flatMap((line) => /^FROM (\S+)/.exec(line)?.[1] ?? []);
  expect(bases.filter((base) => !names.includes(base))).toEqual(['node:24-bookworm-slim']);
});

test('what is copied from the project gets past .dockerignore', () => {
  const allowed = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  const copied = instructions
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(' ').slice(1, -1));
  expect(new Set(allowed)).toEqual(new Set(copied));
});

test('dependencies come from the lockfile alone, those for development left out', () => {
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
  test('runs as an ordinary user', () => {
    expect(lastOf(name, 'USER')).toBe('USER node');
  });

  test('has an init process that hands signals to node, with no shell between', () => {
    expect(lastOf(name, 'ENTRYPOINT')).toBe('ENTRYPOINT ["tini", "--"]');
    expect(lastOf(name, 'CMD')).toBe(`CMD ["node", "${main}"]`);
  });

  test('says how healthy it is', () => {
    expect(lastOf(name, 'HEALTHCHECK')).toContain('/healthz');
  });
});

test('the worker image alone holds the CLI', () => {
  const copy = 'COPY --from=claude /usr/local/bin/claude /usr/local/bin/claude';
  expect(stage('worker')).toContain(copy);
  expect(stage('api')).not.toContain(copy);
});

test('the worker image holds what the CLI keeps its credentials from tools by', () => {
  const installs = stage('worker')
    .filter((line) => line.includes('apt-get install'))
    .join(' ');
  expect(installs.split(/\s+/)).toEqual(expect.arrayContaining(['bubblewrap', 'socat']));
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

  test('asks for the exact version that package.json names', () => {
    const version = json(join(root, 'package.json')).devDependencies[CLI];
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(json(join(folder, 'package.json')).dependencies).toEqual({ [CLI]: version });
    expect(json(join(folder, 'package-lock.json')).packages[`node_modules/${CLI}`].version).toBe(
      version,
    );
  });

  test('holds the CLI and its platforms, with the hashes of the project, and nothing else', () => {
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
