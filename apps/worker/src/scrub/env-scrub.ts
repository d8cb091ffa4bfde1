import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@baton/core/internal';
import { isExecutable } from '../claude/parent-death.ts';
import { type ProbeDeps, probeEnvScrub } from './probe.ts';

/** Whether the CLI keeps its credentials from the tools of sessions; `auto`: where it can. */
export type EnvScrubSetting = 'auto' | 'on' | 'off';

/** Keeps the credentials of the CLI from its tools, where the host lets it. */
export interface EnvScrub {
  /** Whether sessions that start now run with it. */
  isOn(): boolean;
  /** Why this worker must not run sessions, or null. */
  whyNot(): string | null;
  /** The state, as /readyz shows it. */
  describe(): string;
  /**
   * Finds out, and resolves with the first verdict; `onAllowed` is called once sessions may run. Where
   * they may not it tries again and again until they may, or until `signal`.
   */
  start(onAllowed: () => void, signal: AbortSignal): Promise<void>;
}

// Without the first the CLI does not start with it, without the second each Bash call fails.
const PROGRAMS = ['bwrap', 'socat'];

/** How long a worker that must not run sessions waits before it tries again, in milliseconds. */
const AGAIN_MS = 30_000;

/** Asks whether it works here: null where it does, else why not. */
type Probe = (signal: AbortSignal) => Promise<string | null>;

/** The state of a worker under its setting; nothing is known before `start`. */
export function createEnvScrub(
  setting: EnvScrubSetting,
  deps: ProbeDeps & { log: Logger },
  { probe = (signal) => probeEnvScrub(deps, signal), againMs = AGAIN_MS }: ScrubOptions = {},
): EnvScrub {
  const { log } = deps;
  let problem: string | null = setting === 'off' ? 'SUBPROCESS_ENV_SCRUB=off' : 'not probed yet';
  const isOn = () => problem === null;

  async function find(signal: AbortSignal): Promise<void> {
    const missing = missingPrograms(deps.baseEnv['PATH'] ?? '');
    const whyMissing = missing.length > 0 ? `${missing.join(' and ')} not found on PATH` : null;
    // `auto` reports a missing program at once; `on` asks the CLI itself, whose answer counts.
    if (setting === 'auto' && whyMissing !== null) {
      problem = whyMissing;
      return;
    }
    const answer = await probe(signal).catch((error: unknown) => `the probe failed: ${error}`);
    problem = answer !== null && whyMissing !== null ? `${whyMissing}; ${answer}` : answer;
  }

  async function tryAgain(onAllowed: () => void, signal: AbortSignal): Promise<void> {
    while (!isOn() && !signal.aborted) {
      await delay(againMs, undefined, { signal }).catch(() => {});
      if (!signal.aborted) await find(signal);
    }
    if (signal.aborted) return;
    log.info('the claude CLI can now keep its credentials from tools: the worker takes sessions');
    onAllowed();
  }

  return {
    isOn,
    whyNot: () =>
      setting === 'on' && !isOn()
        ? `SUBPROCESS_ENV_SCRUB=on, but the claude CLI cannot keep its credentials from tools here (${problem})`
        : null,
    describe: () => (isOn() ? 'on' : `off: ${problem}`),
    async start(onAllowed, signal) {
      if (setting !== 'off') await find(signal);
      if (signal.aborted) return;
      if (isOn() || setting === 'off') return onAllowed();
      if (setting === 'auto') {
        log.warn({ reason: problem }, AUTO_WARNING);
        return onAllowed();
      }
      log.error({ reason: problem }, ON_ERROR);
      void tryAgain(onAllowed, signal);
    },
  };
}

/** How a test makes the probe and its repetition its own. */
export interface ScrubOptions {
  probe?: Probe;
  againMs?: number;
}

const AUTO_WARNING =
  'the claude CLI cannot keep its credentials from the tools of sessions here: sessions run without that (see SUBPROCESS_ENV_SCRUB)';

const ON_ERROR =
  'SUBPROCESS_ENV_SCRUB=on, but the claude CLI cannot keep its credentials from tools here: the worker takes no session, and probes again every 30 seconds';

function missingPrograms(path: string): string[] {
  const folders = path.split(delimiter);
  return PROGRAMS.filter((name) => !folders.some((folder) => isExecutable(join(folder, name))));
}
