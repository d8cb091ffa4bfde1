// The maintenance task for uploaded files.
import type { FileStore, Logger } from '@baton/core/internal';
import type { MaintenanceTask } from './maintenance.ts';

const PERIOD_MS = 60_000;
const LIMIT_MS = 10 * 60_000;

/** Returns the task that removes uploaded files that expired, and what broken-off uploads left. */
export function fileTasks({
  files,
  log,
}: {
  files: Pick<FileStore, 'runMaintenance'>;
  log: Pick<Logger, 'info'>;
}): MaintenanceTask[] {
  return [
    {
      name: 'expiry of files',
      everyMs: PERIOD_MS,
      limitMs: LIMIT_MS,
      async run(signal) {
        const removed = await files.runMaintenance(signal);
        if (removed > 0) log.info({ removed }, 'removed uploaded files that nothing used in time');
      },
    },
  ];
}
