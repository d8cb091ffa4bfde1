import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import {
  type CopyLoopOptions,
  startCopyLoop,
} from '../../../../apps/worker/src/attempt/transcript-copy.ts';

let hostFolder: string;
let away: string;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'baton-host-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  hostFolder = await mkdtemp(join(folder, 'here-'));
  away = join(folder, 'away');
});

/** Starts copying; `lastCopies` lists for each last copy whether the folder existed. */
function start(options: Partial<CopyLoopOptions> = {}) {
  const lastCopies: boolean[] = [];
  const onFolderLost = vi.fn();
  const onLastCopy = vi.fn(async () => {});
  const copy = startCopyLoop(
    {
      async copy({ verify }) {
        if (verify) lastCopies.push(existsSync(hostFolder));
        if (verify) await onLastCopy();
        return { files: [] };
      },
    },
    { amend() {} },
    {
      hostFolder,
      onFolderLost,
      settleMessages: async () => [],
      giveUp: new AbortController().signal,
      onError: (error) => expect.unreachable(String(error)),
      ...options,
    },
  );
  return { copy, lastCopies, onLastCopy, onFolderLost };
}

test('a copy that is asked for waits for the copy under way, and is the last one before the end', async () => {
  const amend = vi.fn();
  const copies: PromiseWithResolvers<void>[] = [];
  const copier = {
    async copy({ verify }: { verify: boolean }) {
      if (verify) return { files: [] };
      const copy = Promise.withResolvers<void>();
      copies.push(copy);
      await copy.promise;
      return { files: [] };
    },
  };
  const copy = startCopyLoop(
    copier,
    { amend },
    {
      hostFolder,
      onFolderLost() {},
      settleMessages: async () => [],
      giveUp: new AbortController().signal,
      onError: (error) => expect.unreachable(String(error)),
    },
  );
  const first = copy.copyNow();
  const second = copy.copyNow();
  await setImmediate();
  expect(copies).toHaveLength(1);
  copies[0]?.resolve();
  await first;
  await setImmediate();
  expect(copies).toHaveLength(2);
  copies[1]?.resolve();
  await second;
  expect(amend).toHaveBeenCalledTimes(2);
  await copy.finish();
  await copy.copyNow();
  expect(copies).toHaveLength(2);
});

test('the last copy of a transcript waits for a missing temporary folder', async () => {
  const { copy, lastCopies, onFolderLost } = start();
  await rename(hostFolder, away);
  const finished = copy.finish();
  await setImmediate();
  expect(lastCopies).toEqual([]);
  await rename(away, hostFolder);
  expect(await finished).toEqual({ files: [] });
  expect(lastCopies).toEqual([true]);
  expect(onFolderLost).not.toHaveBeenCalled();
});

test('a temporary folder that disappears during the last copy is copied again once it is back', async () => {
  const { copy, lastCopies, onLastCopy } = start();
  const gone = Promise.withResolvers<void>();
  onLastCopy.mockImplementationOnce(async () => {
    await rename(hostFolder, away);
    gone.resolve();
  });
  const finished = copy.finish();
  await gone.promise;
  await setImmediate(); // now the last copy has looked for the folder
  await rename(away, hostFolder);
  expect(await finished).toEqual({ files: [] });
  expect(lastCopies).toEqual([true, true]);
});

test('a temporary folder that does not come back is reported, and the earlier copies count', async () => {
  const { copy, lastCopies, onFolderLost } = start({ hostFolderLimitMs: 150 });
  await rename(hostFolder, away);
  expect(await copy.finish()).toEqual({ files: [] });
  expect(lastCopies).toEqual([false]);
  expect(onFolderLost).toHaveBeenCalledOnce();
});

test('an attempt that gives up does not wait for its missing temporary folder', async () => {
  const giveUp = new AbortController();
  const { copy, lastCopies, onFolderLost } = start({ giveUp: giveUp.signal });
  await rename(hostFolder, away);
  const finished = copy.finish();
  giveUp.abort();
  expect(await finished).toBeUndefined();
  expect(lastCopies).toEqual([]);
  expect(onFolderLost).not.toHaveBeenCalled();
});
