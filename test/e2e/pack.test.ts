import { createHash } from 'node:crypto';
import { existsSync, globSync, lstatSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createSessionQueue } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { databaseUrl } from '../support/api.ts';
import {
  builtFrom,
  copyOfProject,
  install,
  pack,
  ROOT,
  run,
  type Tarball,
  withFolder,
} from '../support/packing.ts';
import { test as base, redisUrl } from '../support/services.ts';

/** Every file of a project with a hash of its content. */
function snapshot(dir: string): Record<string, string> {
  const files = globSync('**', { cwd: dir, exclude: (name) => name === 'node_modules' })
    .filter((name) => lstatSync(join(dir, name)).isFile())
    .sort();
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(dir, name)))
        .digest('hex'),
    ]),
  );
}

interface Packed extends Tarball {
  before: Record<string, string>;
  after: Record<string, string>;
}

const test = base.extend<{
  $file: { dir: string; project: string; packed: Packed; consumer: string };
}>({
  dir: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
    ({}, use) => withFolder(use),
    { scope: 'file' },
  ],
  project: [
    async ({ dir }, use) => {
      const project = join(dir, 'project');
      await copyOfProject(project, 'core');
      await use(project);
    },
    { scope: 'file' },
  ],
  packed: [
    async ({ dir, project }, use) => {
      const before = snapshot(project);
      const tarball = await pack(project, 'core', dir);
      await use({ ...tarball, before, after: snapshot(project) });
    },
    { scope: 'file' },
  ],
  consumer: [
    async ({ dir, packed }, use) => {
      const consumer = join(dir, 'consumer');
      const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
      const tools = ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`);
      await install(consumer, ['--prefer-offline', packed.tarball, ...tools]);
      await use(consumer);
    },
    { scope: 'file' },
  ],
});

/** Runs a program of the consumer and returns its output, parsed as JSON. */
async function print(consumer: string, file: string, args: string[]): Promise<unknown> {
  const env = { PATH: process.env['PATH'] };
  const { stdout } = await run(process.execPath, [file, ...args], { cwd: consumer, env });
  return JSON.parse(stdout);
}

const ENQUEUE = `
const [url, prefix] = process.argv.slice(2);
const producer = createProducer({ connection: url, prefix });
const launched = await producer.launchSession({ query: 'from outside' }, { title: 'Packed' });
const continued = await producer.continueSession({ parent_session_id: launched.id, query: 'go on' });
await producer.close();
console.log(JSON.stringify([launched.id, continued.id]));
`;

describe('npm run pack core', () => {
  test('makes a tarball with only LICENSE, README.md, package.json, and the JavaScript, types and source maps of every source file', ({
    packed,
    project,
  }) => {
    const sources = globSync('**/*.ts', { cwd: join(project, 'packages/core/src') });
    const built = sources.flatMap(builtFrom);
    expect(sources.length).toBeGreaterThan(10);
    expect(packed.files.toSorted()).toEqual(
      [...built, 'LICENSE', 'README.md', 'package.json'].sort(),
    );
  });

  test('leaves the work tree unchanged', ({ packed }) => {
    expect(packed.after).toEqual(packed.before);
  });

  test('includes the project’s LICENSE', async () => {
    const read = (path: string) => readFile(join(ROOT, path), 'utf8');
    expect(await read('packages/core/LICENSE')).toBe(await read('LICENSE'));
  });
});

describe('the package in an empty project', () => {
  test('is a copy with exact dependencies, without the dependencies of the apps', async ({
    consumer,
  }) => {
    const installed = join(consumer, 'node_modules/@baton/core');
    expect(lstatSync(installed).isSymbolicLink()).toBe(false);
    const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    for (const version of Object.values(manifest.dependencies)) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
    for (const name of ['fastify', 'tar-stream', '@bull-board/api', '@anthropic-ai/claude-code']) {
      expect(existsSync(join(consumer, 'node_modules', name))).toBe(false);
    }
  });

  test('enqueues from plain JavaScript', async ({ consumer, queuePrefix }) => {
    const program = `import { createProducer } from '@baton/core/producer';\n${ENQUEUE}`;
    await writeFile(join(consumer, 'plain.js'), program);
    await expectEnqueued(await print(consumer, 'plain.js', [redisUrl(), queuePrefix]), queuePrefix);
  });

  test('enqueues from the main export, which also has openBaton', async ({
    consumer,
    queuePrefix,
  }) => {
    const program = `import { createProducer, openBaton } from '@baton/core';
      if (!openBaton) throw new Error('no readers');\n${ENQUEUE}`;
    await writeFile(join(consumer, 'main-door.js'), program);
    await expectEnqueued(
      await print(consumer, 'main-door.js', [redisUrl(), queuePrefix]),
      queuePrefix,
    );
  });

  test('type-checks in strict TypeScript without skipLibCheck, and enqueues', async ({
    consumer,
    queuePrefix,
  }) => {
    const program = `import { type Info, isResumable, type Session, type SessionConfig } from '@baton/core';
import { AppError, createProducer, type Enqueued, type ErrorCode } from '@baton/core/producer';

const config: SessionConfig = { query: 'typed', env: { A: '1' }, max_turns: 2 };
const wrong: SessionConfig = {
  query: 'typed',
  // @ts-expect-error no such key
  modle: 'opus',
};
export const readable = (session: Session, info: Info): boolean =>
  isResumable(session) && info.resumable && wrong.query !== '';
export const codeOf = (error: unknown): ErrorCode | null =>
  error instanceof AppError ? error.code : null;

const [url = '', prefix = ''] = process.argv.slice(2);
const producer = createProducer({ connection: url, prefix });
const launched: Enqueued = await producer.launchSession(config, { title: 'Packed' });
const continued = await producer.continueSession({
  parent_session_id: launched.id,
  query: 'go on',
  model: null,
});
await producer.close();
const status: 'queued' = launched.status;
console.log(JSON.stringify([launched.id, continued.id, status].slice(0, 2)));
`;
    await writeFile(join(consumer, 'typed.ts'), program);
    expect(await compile(consumer, ['typed.ts'])).toBe('');
    await expectEnqueued(
      await print(consumer, 'out/typed.js', [redisUrl(), queuePrefix]),
      queuePrefix,
    );
  });

  test('has a README whose snippets type-check and run as pasted', async ({
    consumer,
    queuePrefix,
    databaseName,
    db: _dropped,
  }) => {
    const readme = await readFile(join(ROOT, 'packages/core/README.md'), 'utf8');
    const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
    expect(snippets).toHaveLength(2);
    const prefixed = `'${redisUrl()}', prefix: '${queuePrefix}'`;
    const files: string[] = [];
    for (const [index, snippet] of snippets.entries()) {
      const file = `readme-${index}.ts`;
      // Only the servers' addresses differ from what a reader pastes.
      const here = snippet
        .replace("'redis://localhost:6379'", prefixed)
        .replace("'mongodb://localhost:27017/baton'", `'${databaseUrl(databaseName)}'`);
      await writeFile(join(consumer, file), here);
      files.push(file);
    }
    expect(await compile(consumer, files)).toBe('');

    const env = { PATH: process.env['PATH'] };
    await run(process.execPath, ['out/readme-0.js'], { cwd: consumer, env });
    const { stdout } = await run(process.execPath, ['out/readme-1.js'], { cwd: consumer, env });
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ status: 'queued', listed: true }, { events: 0 }]);
  });

  test('has stack traces that lead to the TypeScript source', async ({ consumer }) => {
    const program = `import { jsonSchemas, parseInput } from '@baton/core/internal';
      try { parseInput(null, {}); } catch (error) { console.log(JSON.stringify(error.stack)); }`;
    await writeFile(join(consumer, 'trace.js'), program);
    const env = { PATH: process.env['PATH'] };
    const args = ['--enable-source-maps', 'trace.js'];
    const { stdout } = await run(process.execPath, args, { cwd: consumer, env });
    expect(stdout).toContain('/@baton/core/src/model/schema/parse-input.ts:');
  });

  // This test comes last, because it removes the driver.
  test('has a producer that runs without the MongoDB driver', async ({ consumer, queuePrefix }) => {
    for (const name of ['mongodb', 'bson']) {
      await rm(join(consumer, 'node_modules', name), { recursive: true });
    }
    await writeFile(join(consumer, 'no-driver.js'), "await import('@baton/core');");
    await expect(print(consumer, 'no-driver.js', [])).rejects.toThrow(/mongodb/);
    await writeFile(
      join(consumer, 'redis-alone.js'),
      `import { createProducer } from '@baton/core/producer';\n${ENQUEUE}`,
    );
    await expectEnqueued(
      await print(consumer, 'redis-alone.js', [redisUrl(), queuePrefix]),
      queuePrefix,
    );
  });
});

/** Compiles files of the consumer into `out/`, with strict checks of libraries too; returns the compiler's output. */
async function compile(consumer: string, files: readonly string[]): Promise<string> {
  const compilerOptions = {
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    outDir: 'out',
  };
  await writeFile(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = join(consumer, 'node_modules/.bin/tsc');
  const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
  const checked = await run(tsc, [], { cwd: consumer, env }).catch(
    (error: { stdout: string }) => error,
  );
  return checked.stdout;
}

/** Expects that the queue holds the launch and the continue that a program reported. */
async function expectEnqueued(ids: unknown, prefix: string): Promise<void> {
  const queue = createSessionQueue({ connection: redisUrl(), prefix });
  const [launched, continued] = ids as [string, string];
  expect(await queue.find(launched)).toMatchObject({ data: { kind: 'launch', title: 'Packed' } });
  expect(await queue.find(continued)).toMatchObject({ data: { parent_session_id: launched } });
  await queue.close();
}
