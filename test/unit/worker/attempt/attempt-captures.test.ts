import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startCaptures } from '../../../../apps/worker/src/attempt/attempt-captures.ts';
import type { AttemptContext } from '../../../../apps/worker/src/attempt/attempt-context.ts';
import type { PlannedWorkspace } from '../../../../apps/worker/src/attempt/plan-workspace.ts';
import type { CaptureEngine } from '../../../../apps/worker/src/capture/capture-engine.ts';
import { NOTHING_RESTORED } from '../../../../apps/worker/src/transcript/restore.ts';
import {
  captureNothing,
  createLogger,
  type Workspace,
} from '../../../../packages/core/src/internal.ts';
import { makeSession } from '../../../support/factories.ts';

const NOW = new Date(0);
const log = createLogger('test', 'silent');

function transcriptOf(length: number) {
  return { files: [{ path: 'main.jsonl', base: 0, generation: 0, sha256: '', length }] };
}

test('a capture names the lengths of the transcript that were stored before it began', async () => {
  const root = mkdtempSync(join(tmpdir(), 'baton-test-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const location = { name: 'w', path: join(root, 'w'), shadow: join(root, 's') };
  mkdirSync(location.path);
  let saved = transcriptOf(10);
  const stored = Promise.withResolvers<Workspace | undefined>();
  const engine: Partial<CaptureEngine> = {
    // The recorder stores more of the transcript while the files are read.
    async capture() {
      saved = transcriptOf(99);
      return { kind: 'unchanged', files: 0, bytes: 0, isBehind: false };
    },
  };
  const context = {
    deps: { clock: { now: async () => NOW }, secrets: [], workspace: { maxBytes: 1, maxFiles: 1 } },
    session: makeSession(),
    attempt: { attempt: 1, fence: 1, worker_id: 'w', host: 'h', started_at: NOW },
    recorder: {
      mustStopWriting: false,
      savedTranscript: () => saved,
      heartbeat: async () => true,
      amend: ({ workspace }: { workspace?: Workspace }) => stored.resolve(workspace),
    },
    log,
  } as unknown as AttemptContext;
  const taken: Workspace = {
    type: 'managed',
    path: location.path,
    fence: 1,
    portable: true,
    capture: captureNothing(NOW, 1, []),
  };
  const planned = { location, include: [] } as unknown as PlannedWorkspace;
  const captures = startCaptures(context, {
    taken,
    planned,
    restored: NOTHING_RESTORED,
    engine: engine as CaptureEngine,
    mustCaptureStart: false,
  });

  captures.filesChanged();

  const { capture } = (await stored.promise) ?? {};
  expect(capture?.transcript).toEqual([{ path: 'main.jsonl', generation: 0, length: 10 }]);
});
