import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import {
  type KeepOptions,
  keepTranscript,
} from '../../../../apps/worker/src/attempt/transcript-keeper.ts';

let hostFolder: string;
let away: string;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'baton-host-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  hostFolder = await mkdtemp(join(folder, 'here-'));
  away = join(folder, 'away');
});

/** A transcript in that folder; `lastSaves` holds whether the folder was there at each last save. */
function keep(options: Partial<KeepOptions> = {}) {
  const lastSaves: boolean[] = [];
  const onFolderLost = vi.fn();
  const onLastSave = vi.fn(async () => {});
  const keeper = keepTranscript(
    {
      async save({ verify }) {
        if (verify) lastSaves.push(existsSync(hostFolder));
        if (verify) await onLastSave();
        return { files: [] };
      },
    },
    { amend() {} },
    {
      hostFolder,
      onFolderLost,
      giveUp: new AbortController().signal,
      onError: (error) => expect.unreachable(String(error)),
      ...options,
    },
  );
  return { keeper, lastSaves, onLastSave, onFolderLost };
}

test('the last save waits for a temporary folder that is away', async () => {
  const { keeper, lastSaves, onFolderLost } = keep();
  await rename(hostFolder, away);
  const finished = keeper.finish();
  await setImmediate();
  expect(lastSaves).toEqual([]);
  await rename(away, hostFolder);
  expect(await finished).toEqual({ files: [] });
  expect(lastSaves).toEqual([true]);
  expect(onFolderLost).not.toHaveBeenCalled();
});

test('a folder that goes away during the last save is saved again once it is back', async () => {
  const { keeper, lastSaves, onLastSave } = keep();
  const gone = Promise.withResolvers<void>();
  onLastSave.mockImplementationOnce(async () => {
    await rename(hostFolder, away);
    gone.resolve();
  });
  const finished = keeper.finish();
  await gone.promise;
  await setImmediate(); // the keeper looks for the folder before this
  await rename(away, hostFolder);
  expect(await finished).toEqual({ files: [] });
  expect(lastSaves).toEqual([true, true]);
});

test('a folder that does not come back is reported, and what was saved before counts', async () => {
  const { keeper, lastSaves, onFolderLost } = keep({ hostFolderLimitMs: 150 });
  await rename(hostFolder, away);
  expect(await keeper.finish()).toEqual({ files: [] });
  expect(lastSaves).toEqual([false]);
  expect(onFolderLost).toHaveBeenCalledOnce();
});

test('an attempt that gives up waits for no folder', async () => {
  const giveUp = new AbortController();
  const { keeper, lastSaves, onFolderLost } = keep({ giveUp: giveUp.signal });
  await rename(hostFolder, away);
  const finished = keeper.finish();
  giveUp.abort();
  expect(await finished).toBeUndefined();
  expect(lastSaves).toEqual([]);
  expect(onFolderLost).not.toHaveBeenCalled();
});
