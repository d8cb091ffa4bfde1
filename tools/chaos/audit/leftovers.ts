import type { Check } from './evidence.ts';

/** No process that a run started is alive. */
export const noProcess: Check = function* ({ processes }) {
  for (const command of processes) yield { problem: `process still runs: ${command}` };
};

/** No folder of an attempt is left. */
export const noFolder: Check = function* ({ folders }) {
  for (const folder of folders) yield { problem: `folder still exists: ${folder}` };
};

/** A drained worker exits with 0 within its time limit, and no worker ends by itself. */
export const workers: Check = function* ({ workers }) {
  for (const { name, intent, wasReady, code, signal, drainMs } of workers) {
    const ending = signal ?? `exit ${code}`;
    if (intent === 'drain' && code !== 0)
      yield { problem: `${name} was drained and ended with ${ending} after ${drainMs} ms` };
    if (intent === 'no' && wasReady) yield { problem: `${name} ended by itself: ${ending}` };
  }
};
