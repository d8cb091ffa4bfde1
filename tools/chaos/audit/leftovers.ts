import type { Check } from './evidence.ts';

/** No process that a run started is alive. */
export const noProcess: Check = function* ({ processes }) {
  for (const command of processes) yield { what: `still runs: ${command}` };
};

/** No folder of an attempt is left. */
export const noFolder: Check = function* ({ folders }) {
  for (const folder of folders) yield { what: `still there: ${folder}` };
};

/** Workers end as they were told: drained ones with exit 0 within their bound, none by itself. */
export const workers: Check = function* ({ workers }) {
  for (const { name, meant, wasReady, code, signal, drainMs } of workers) {
    const how = signal ?? `exit ${code}`;
    if (meant === 'drain' && code !== 0)
      yield { what: `${name}, drained, ended by ${how} after ${drainMs} ms` };
    if (meant === 'no' && wasReady) yield { what: `${name} ended by itself: ${how}` };
  }
};
