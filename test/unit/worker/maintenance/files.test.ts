import { createLogger } from '@baton/core/internal';
import { expect, test } from 'vitest';
import { fileTasks } from '../../../../apps/worker/src/maintenance/files.ts';

test('The task for uploaded files logs how many it removed, and nothing if there were none', async () => {
  const lines: string[] = [];
  const log = createLogger('worker', 'info', { write: (line) => lines.push(line) });
  let removed = 3;
  const [task] = fileTasks({ files: { runMaintenance: async () => removed }, log });
  await task?.run(new AbortController().signal);
  removed = 0;
  await task?.run(new AbortController().signal);
  expect(lines.map((line) => JSON.parse(line).removed)).toEqual([3]);
});
