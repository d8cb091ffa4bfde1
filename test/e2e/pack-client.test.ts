// The client is packed, installed from its tarball, and used in Node.js, Deno and a browser.
import { globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { describe, expect, onTestFinished } from 'vitest';
import type { Api } from '../support/api.ts';
import { test as base } from '../support/api.ts';
import { openBrowser } from '../support/browser.ts';
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
import { claimAndWrite } from '../support/writing.ts';

const test = base.extend<{
  $file: { dir: string; packed: Tarball; consumer: string; url: string; ended: string };
}>({
  dir: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
    ({}, use) => withFolder(use),
    { scope: 'file' },
  ],
  packed: [
    async ({ dir }, use) => {
      const project = join(dir, 'project');
      await copyOfProject(project, 'client');
      await use(await pack(project, 'client', dir));
    },
    { scope: 'file' },
  ],
  consumer: [
    async ({ dir, packed }, use) => {
      const consumer = join(dir, 'consumer');
      // The package has no dependencies, so npm can install it offline.
      await install(consumer, ['--offline', packed.tarball]);
      await use(consumer);
    },
    { scope: 'file' },
  ],
  url: [
    ({ api }, use) => api.app.listen({ host: '127.0.0.1', port: 0 }).then(use),
    { scope: 'file' },
  ],
  // An ended session with three events, which each program reads.
  ended: [
    async ({ api, url }, use) => {
      const body = JSON.stringify({ query: 'packed' });
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/v1/sessions`, { method: 'POST', headers, body });
      const { id } = (await answer.json()) as { id: string };
      const writing = await claimAndWrite(api.stores, id, api.queue.live);
      await writing.write(3);
      await writing.complete();
      await use(id);
    },
    { scope: 'file' },
  ],
});

/** What each program does: it launches a session, and reads the events of the ended session. */
const PROGRAM = `
export async function use(baseUrl, ended) {
  const baton = createClient({ baseUrl });
  const { id } = await baton.launch({ query: 'from outside', title: 'Packed' });
  const received = [];
  for await (const one of baton.events(ended)) received.push(one.kind === 'event' ? one.id : one.kind);
  const { status } = await baton.waitForResult(ended);
  const refusal = await baton.launch({ query: '' }).catch((error) => error);
  return { id, received, status, code: refusal instanceof BatonError ? refusal.code : String(refusal) };
}
`;
const TYPED = `import {
  BatonError,
  createClient,
  type Info,
  type LaunchRequest,
  type StreamedEvent,
} from '@baton/client';

const request: LaunchRequest = { query: 'typed', env: { A: '1' }, max_turns: 2 };
const wrong: LaunchRequest = {
  query: 'typed',
  // @ts-expect-error no such key
  modle: 'opus',
};
const baton = createClient({ baseUrl: 'http://127.0.0.1:3000' });

export async function use(signal: AbortSignal): Promise<Info> {
  const { id } = await baton.launch(request, { idempotencyKey: wrong.query, signal });
  const received: StreamedEvent[] = [];
  for await (const one of baton.events(id, { signal })) received.push(one);
  for await (const info of baton.list({ tag: 'a' })) received.length = info.totals.num_turns;
  try {
    await baton.continue(id, { query: 'go on', model: null });
  } catch (error) {
    // @ts-expect-error no such code
    if (error instanceof BatonError && error.code === 'NO_SUCH_CODE') throw error;
    if (error instanceof BatonError && error.code === 'SESSION_NOT_TERMINAL') await baton.cancel(id);
  }
  // @ts-expect-error not a status
  if ((await baton.get(id)).status === 'done') throw new Error();
  return baton.waitForResult(id, { timeoutMs: 60_000 });
}
`;
const PRINT = 'console.log(JSON.stringify(await use(...process.argv.slice(2))));\n';

describe('npm run pack client', () => {
  test('makes a tarball with only LICENSE, README.md, package.json, and the JavaScript, types and source maps of every source file', ({
    packed,
  }) => {
    const sources = globSync('**/*.ts', { cwd: join(ROOT, 'packages/client/src') });
    expect(sources.length).toBeGreaterThan(10);
    expect(packed.files.toSorted()).toEqual(
      [...sources.flatMap(builtFrom), 'LICENSE', 'README.md', 'package.json'].sort(),
    );
  });

  test('includes the project’s LICENSE', async () => {
    const read = (path: string) => readFile(join(ROOT, path), 'utf8');
    expect(await read('packages/client/LICENSE')).toBe(await read('LICENSE'));
  });
});

describe('the package in an empty project', () => {
  test('has no dependencies', async ({ consumer }) => {
    const installed = globSync('{*,@*/*}/package.json', { cwd: join(consumer, 'node_modules') });
    expect(installed).toEqual(['@baton/client/package.json']);
    const manifest = JSON.parse(
      await readFile(join(consumer, 'node_modules/@baton/client/package.json'), 'utf8'),
    );
    expect(manifest).not.toHaveProperty('dependencies');
  });

  test('works in plain JavaScript', async ({ api, consumer, url, ended }) => {
    await writeFile(
      join(consumer, 'plain.js'),
      `import { BatonError, createClient } from '@baton/client';\n${PROGRAM}${PRINT}`,
    );
    const env = { PATH: process.env['PATH'] };
    const args = ['plain.js', url, ended];
    const { stdout } = await run(process.execPath, args, { cwd: consumer, env });
    await expectUsed(api, JSON.parse(stdout));
  });

  test('type-checks in strict TypeScript for browsers and Node.js, without skipLibCheck', async ({
    consumer,
  }) => {
    await writeFile(join(consumer, 'typed.ts'), TYPED);
    const compilerOptions = {
      target: 'es2024',
      lib: ['es2024', 'dom'],
      module: 'nodenext',
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
    };
    const forNode = { ...compilerOptions, lib: ['es2024'], types: ['node'] };
    const typeRoots = [join(ROOT, 'node_modules/@types')];
    const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
    for (const [name, options] of Object.entries({ browser: compilerOptions, node: forNode })) {
      const settings = { compilerOptions: { ...options, typeRoots }, files: ['typed.ts'] };
      await writeFile(join(consumer, `tsconfig.${name}.json`), JSON.stringify(settings));
      const tsc = join(ROOT, 'node_modules/.bin/tsc');
      const checked = await run(tsc, ['-p', `tsconfig.${name}.json`], { cwd: consumer, env }).catch(
        (error: { stdout: string }) => error,
      );
      expect(checked.stdout, name).toBe('');
    }
  });

  test('works in Deno', async ({ api, dir, consumer, url, ended }) => {
    await writeFile(
      join(consumer, 'deno.ts'),
      `import { BatonError, createClient } from '@baton/client';
${PROGRAM.replace('(baseUrl, ended)', '(baseUrl: string, ended: string)').replace('received = []', 'received: string[] = []')}
const [baseUrl = '', ended = ''] = Deno.args;
console.log(JSON.stringify(await use(baseUrl, ended)));
`,
    );
    const { host } = new URL(url);
    const env = {
      PATH: process.env['PATH'],
      DENO_DIR: join(dir, 'deno'),
      DENO_NO_UPDATE_CHECK: '1',
    };
    const args = ['run', '--check', '--cached-only', '--no-prompt', `--allow-net=${host}`];
    const deno = join(ROOT, 'node_modules/.bin/deno');
    const { stdout } = await run(deno, [...args, 'deno.ts', url, ended], { cwd: consumer, env });
    await expectUsed(api, JSON.parse(stdout));
  });

  test('works in a browser page as a bundle', async ({ api, dir, consumer, url, ended }) => {
    const entry = join(consumer, 'page.js');
    await writeFile(
      entry,
      `import { BatonError, createClient } from '@baton/client';\n${PROGRAM}globalThis.use = use;\n`,
    );
    const bundle = await rolldown({ input: entry, platform: 'browser', cwd: consumer });
    const { output } = await bundle.write({ dir: join(dir, 'page'), format: 'esm' });
    expect(output.map(({ type }) => type)).toEqual(['chunk']);
    const [{ code, imports }] = output;
    expect(imports).toEqual([]);
    expect(code).not.toMatch(/node:|process\.|Buffer|require\(/);

    const { browser, close } = await openBrowser();
    onTestFinished(close);
    // The page must have the API's origin, because the API allows no other origin. Without
    // `bypassCSP`, the page's CSP would block the script.
    const page = await browser.newPage({ bypassCSP: true });
    await page.goto(`${url}/healthz`);
    await page.addScriptTag({ content: code, type: 'module' });
    // An inline module runs some time after it is added.
    await page.waitForFunction(() => 'use' in globalThis);
    const used: Used = await page.evaluate(
      ([baseUrl, id]) =>
        (globalThis as unknown as { use(...args: string[]): Promise<Used> }).use(baseUrl, id),
      [url, ended] as const,
    );
    await expectUsed(api, used);
  });
});

interface Used {
  id: string;
  received: string[];
  status: string;
  code: string;
}

async function expectUsed(api: Api, used: Used): Promise<void> {
  expect(used).toMatchObject({
    received: ['1', '2', '3', 'end'],
    status: 'completed',
    code: 'INVALID_REQUEST',
  });
  expect(await api.queue.find(used.id)).toMatchObject({ data: { title: 'Packed' } });
}
