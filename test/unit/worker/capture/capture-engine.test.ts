// The engine with its real thread.
import { chmodSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createCaptureCalls } from '../../../../apps/worker/src/capture/capture-calls.ts';
import {
  CaptureCorruptError,
  CaptureFailedError,
  createCaptureEngine,
  findGit,
} from '../../../../apps/worker/src/capture/capture-engine.ts';
import { type Captured, look, PATH, requestOf } from './capture-fixture.ts';
import { makeWorkspace, writeFiles } from './workspace-fixture.ts';

function openEngine() {
  const engine = createCaptureEngine({ path: PATH });
  onTestFinished(() => engine.close());
  return engine;
}

test('an engine captures in its thread, restores, and reports a damaged pack as such', async () => {
  const root = makeWorkspace({ 'here/w/a': '1', 'there/broken': 'no pack' });
  const engine = openEngine();
  const request = requestOf(join(root, 'here'));
  const captured = (await engine.capture(request)) as Captured;
  const there = requestOf(join(root, 'there'));
  await engine.addPacks(there.shadow, [captured.pack.file]);
  expect(await engine.has(there.shadow, captured.commit)).toBe(true);
  const { commit } = captured;
  const restored = await engine.restore({ ...there, commit, target: there.tree });
  expect(restored).toEqual({ files: 1, bytes: 1 });
  expect(look(there.tree)).toEqual(look(request.tree));
  await engine.release(there.shadow);
  const refused = engine.addPacks(there.shadow, [join(root, 'there/broken')]);
  await expect(refused).rejects.toThrow(CaptureCorruptError);
  const absent = engine.addPacks(there.shadow, [join(root, 'absent')]);
  await expect(absent).rejects.toMatchObject({ code: 'ENOENT' });
});

test('calls for one workspace run one after the other, and those of others at the same time', async () => {
  const root = makeWorkspace({ 'one/w/a': '1', 'two/w/a': '2' });
  const engine = openEngine();
  const [one, two] = [requestOf(join(root, 'one')), requestOf(join(root, 'two'))];
  const results = await Promise.all([one, one, two].map((request) => engine.capture(request)));
  expect(results.map(({ kind }) => kind)).toEqual(['captured', 'captured', 'captured']);
  const [first, again] = results as Captured[];
  expect(again?.commit).toBe(first?.commit);
});

test('an engine whose thread dies rejects the calls that run, and starts another for the next', async () => {
  const root = makeWorkspace({ 'here/w/a': '1' });
  const threads: Worker[] = [];
  const post = Worker.prototype.postMessage;
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, message) {
    threads.push(this);
    post.call(this, message);
  });
  const engine = openEngine();
  const running = engine.capture(requestOf(join(root, 'here')));
  const rejected = expect(running).rejects.toThrow('the thread that captures workspaces has ended');
  await threads[0]?.terminate();
  await rejected;
  expect(await engine.capture(requestOf(join(root, 'here')))).toMatchObject({ kind: 'captured' });
  expect(threads[1]).not.toBe(threads[0]);
});

test('a git that takes too long is killed, and the capture rejects', async () => {
  const root = makeWorkspace({ 'here/w/a': '1', 'bin/git': '#!/bin/sh\nexec sleep 1000\n' });
  chmodSync(join(root, 'bin/git'), 0o755);
  const path = [join(root, 'bin'), PATH].join(delimiter);
  const captures = createCaptureCalls({ path, timeoutMs: 100 });
  const captured = captures.capture(requestOf(join(root, 'here')));
  await expect(captured).rejects.toThrow('git fast-import failed: took too long');
});

test('the git processes of an engine carry the marker of their worker', async () => {
  const root = makeWorkspace({ 'here/w/a': '1' });
  const seen = join(root, 'seen');
  writeFiles(root, { 'bin/git': `#!/bin/sh\necho "$BATON_RUN" >> ${seen}\nexit 1\n` });
  chmodSync(join(root, 'bin/git'), 0o755);
  const path = [join(root, 'bin'), PATH].join(delimiter);
  const engine = createCaptureEngine({ path, marker: 'worker 1 2 captures 0' });
  onTestFinished(() => engine.close());
  await expect(engine.capture(requestOf(join(root, 'here')))).rejects.toThrow('git');
  expect(new Set(readFileSync(seen, 'utf8').trim().split('\n'))).toEqual(
    new Set(['worker 1 2 captures 0']),
  );
});

test.each([
  ['echo "fatal: write error: No space left on device" >&2; exit 128', CaptureFailedError],
  ['echo "fatal: Out of memory, malloc failed" >&2; exit 128', CaptureFailedError],
  ['kill -KILL $$', CaptureFailedError],
  ['echo "fatal: pack is corrupted" >&2; exit 128', CaptureCorruptError],
  ['kill -SEGV $$', CaptureCorruptError],
])('a git that ends by %s is told from a damaged pack', async (script, expected) => {
  const root = makeWorkspace({ 'bin/git': `#!/bin/sh\n${script}\n`, pack: 'pack' });
  chmodSync(join(root, 'bin/git'), 0o755);
  const engine = createCaptureEngine({ path: [join(root, 'bin'), PATH].join(delimiter) });
  onTestFinished(() => engine.close());
  const added = engine.addPacks(join(root, 's'), [join(root, 'pack')]);
  await expect(added).rejects.toThrow(expected);
});

test('an engine without git refuses no pack as damaged', async () => {
  const root = makeWorkspace({ pack: 'pack' });
  const engine = createCaptureEngine({ path: '/nonexistent' });
  onTestFinished(() => engine.close());
  const added = engine.addPacks(join(root, 's'), [join(root, 'pack')]);
  await expect(added).rejects.toThrow(CaptureFailedError);
});

test('a closed engine rejects the calls that run, and new ones', async () => {
  const root = makeWorkspace();
  const engine = openEngine();
  writeFiles(root, { 'here/w/a': '1' });
  const running = engine.capture(requestOf(join(root, 'here')));
  const rejected = expect(running).rejects.toThrow('the thread that captures workspaces has ended');
  await engine.close();
  await rejected;
  await expect(engine.has(join(root, 'here/s'), 'x')).rejects.toThrow('closed');
});

test('git is found on a PATH, or not', async () => {
  expect(await findGit(PATH)).toMatch(/^\d+\.\d+/);
  expect(await findGit('/nonexistent')).toBeNull();
});
