// Measures what it costs to capture, to store and to restore the files of sessions.
import type { Mongo } from '@baton/core/internal';
import type { Measure } from './measure.ts';
import type { Urls } from './rig.ts';
import { benchCapture } from './workspace/capture.ts';
import { benchProcessor } from './workspace/processor.ts';
import { benchStoredBytes } from './workspace/stored-bytes.ts';

/** Runs all benchmarks of workspaces. */
export async function benchWorkspace(mongo: Mongo, urls: Urls): Promise<Measure[]> {
  return [
    ...(await benchCapture(mongo, 1_000, false)),
    ...(await benchCapture(mongo, 20_000, true)),
    ...(await benchStoredBytes(mongo)),
    await benchProcessor(mongo, urls),
  ];
}
