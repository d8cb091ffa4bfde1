// Sessions with captured files, for tests of the routes that take files out.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Capture, Session } from '@baton/core/internal';
import type { CaptureEngine } from '../../../../apps/worker/src/capture/capture-engine.ts';
import { type Api, test as base } from '../../../support/api.ts';
import { openCaptureEngine } from '../../../support/captured-files.ts';
import { type Capturing, openCapturing, workspaceWith } from '../../../support/capturing.ts';
import { makeCompletedSession } from '../../../support/factories.ts';

/** `test` with an empty workspace for each test. */
export const test = base.extend<{
  $file: { engine: CaptureEngine };
  $test: { workspace: Capturing };
}>({
  engine: [
    async ({ api: _first }, use) => {
      const engine = openCaptureEngine();
      await use(engine);
      await engine.close();
    },
    { scope: 'file' },
  ],
  workspace: async ({ api, engine }, use) => {
    const workspace = await openCapturing(api.stores.captures, engine);
    await use(workspace);
    await workspace.close();
  },
});

/** Writes files below a directory. A path may have any bytes, given as a latin1 string. */
export function write(root: string, files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    const file = Buffer.from(join(root, path), 'latin1');
    mkdirSync(Buffer.from(dirname(join(root, path)), 'latin1'), { recursive: true });
    writeFileSync(file, content);
  }
}

/** Fills a workspace with a file of each kind. */
export function writeEveryKind(root: string): void {
  write(root, {
    'a.txt': 'one\n',
    'src/run.sh': '#!/bin/sh\n',
    'src/data.bin': Buffer.from([0, 1]),
  });
  chmodSync(join(root, 'src/run.sh'), 0o755);
  mkdirSync(join(root, 'empty/inner'), { recursive: true });
  symlinkSync('../a.txt', join(root, 'src/link'));
  execFileSync('git', ['init', '-q', join(root, 'repo')]);
  write(root, { 'repo/x.txt': 'x\n', 'repo/.gitignore': 'left/\n', 'repo/left/y.txt': 'y\n' });
}

/** Stores a session with this capture. */
export async function store(
  api: Api,
  session: Session,
  capture: Capture,
  start?: Capture,
): Promise<Session> {
  return api.stores.sessions.insertIfAbsent({
    ...session,
    workspace: workspaceWith(capture, start),
  });
}

/** Captures a workspace for a new session that has ended, and stores both. */
export async function storeCaptured(api: Api, workspace: Capturing): Promise<Session> {
  const session = makeCompletedSession();
  return store(api, session, await workspace.capture(session));
}
