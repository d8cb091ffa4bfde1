import { describe, expect, test } from 'vitest';
import { findFullDisk, startDiskCheck } from '../../../../apps/worker/src/host/disk-space.ts';
import { createLogger } from '../../../../packages/core/src/internal.ts';

const MIB = 1024 ** 2;

function diskWith(freeMiB: number) {
  return async () => ({ bavail: freeMiB, bsize: MIB });
}

describe('a disk', () => {
  test('with enough free space is no problem', async () => {
    expect(await findFullDisk('/srv/baton', 10 * MIB, diskWith(10))).toBeNull();
  });

  test('that is nearly full is a problem of the host', async () => {
    expect(await findFullDisk('/srv/baton', 10 * MIB, diskWith(9))).toEqual({
      code: 'HOST_ERROR',
      message: expect.stringContaining('9 MiB free, and DISK_MIN_FREE_BYTES asks for 10 MiB'),
    });
  });

  test('is not looked at if nothing must be free', async () => {
    expect(await findFullDisk('/srv/baton', 0, diskWith(0))).toBeNull();
  });
});

test('a worker looks at the real disk of its work root', async () => {
  const stopping = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  startDiskCheck(
    {
      workRoot: import.meta.dirname,
      minFreeBytes: Number.MAX_SAFE_INTEGER,
      host: { report: ({ message }) => resolve(message) },
      log: createLogger('test', 'silent'),
    },
    stopping.signal,
  );
  expect(await promise).toContain('the disk of WORK_ROOT');
  stopping.abort();
});
