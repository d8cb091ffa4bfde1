import { join } from 'node:path';
import { mainTranscriptPath } from '@baton/core/internal';
import type { Meter } from '../claude/meter.ts';
import { lastCostState } from '../transcript/last-cost-state.ts';
import type { Restored } from '../transcript/restore.ts';

/**
 * Passes to the meter the last cost that the ended process wrote into its transcript. A process
 * that was stopped prints no total cost. But after SIGTERM it can still write the cost into the
 * transcript (docs/claude-cli.md, section 11).
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
