import { join } from 'node:path';
import { mainTranscriptPath } from '@baton/core/internal';
import type { Meter } from '../claude/meter.ts';
import { lastCostState } from '../transcript/last-cost-state.ts';
import type { Restored } from '../transcript/restore.ts';

/**
 * Lets the meter read the last cost that the ended process wrote into its transcript: a process that was
 * stopped prints no total, but may have left one there.
 */
export async function settleCost(
  meter: Pick<Meter, 'settle'>,
  {
    projectDir,
    claudeSessionId,
    restored,
  }: { projectDir: string; claudeSessionId: string; restored: Restored },
): Promise<void> {
  const main = mainTranscriptPath(claudeSessionId);
  const from = restored.files.find((file) => file.path === main)?.length ?? 0;
  const spent = await lastCostState(join(projectDir, main), from);
  if (spent) meter.settle(spent);
}
