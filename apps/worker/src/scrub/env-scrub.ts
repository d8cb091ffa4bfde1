import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@baton/core/internal';
import { isExecutable } from '../claude/parent-death.ts';
import { probeEnvScrub, type ScrubProbeDeps } from './probe.ts';

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
  /** Probes once, and logs where sessions must run without it, or must not run. */
  probe(signal: AbortSignal): Promise<void>;
  /**
   * Resolves to true once sessions may run here; where they may not yet, it probes again every 30 seconds.
   * Resolves to false once `signal` is aborted.
   */
  untilAllowed(signal: AbortSignal): Promise<boolean>;
}

// Without the first the CLI does not start with it, without the second each Bash call fails.
const PROGRAMS = ['bwrap', 'socat'];

/** How long a worker that must not run sessions waits before it tries again, in milliseconds. */
const AGAIN_MS = 30_000;

/** Asks whether it works here: null where it does, else why not. */
type Probe = (signal: AbortSignal) => Promise<string | null>;

/** The state of a worker under its setting; nothing is known before `probe`. */
export function createEnvScrub(
  setting: EnvScrubSetting,
  deps: ScrubProbeDeps & { log: Logger },
  { probe = (signal) => probeEnvScrub(deps, signal), againMs = AGAIN_MS }: ScrubOptions = {},
): EnvScrub {
  const { log } = deps;
  let problem: string | null = setting === 'off' ? 'SUBPROCESS_ENV_SCRUB=off' : 'not probed yet';
  const isOn = () => problem === null;
  const isAllowed = () => setting !== 'on' || isOn();

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

  return {
    isOn,
    whyNot: () =>
      isAllowed()
        ? null
        : `SUBPROCESS_ENV_SCRUB=on, but the claude CLI cannot keep its credentials from tools here (${problem})`,
    describe: () => (isOn() ? 'on' : `off: ${problem}`),
    async probe(signal) {
      if (setting !== 'off') await find(signal);
      if (signal.aborted || isOn() || setting === 'off') return;
      if (setting === 'auto') log.warn({ reason: problem }, AUTO_WARNING);
      else log.error({ reason: problem }, ON_ERROR);
    },
    async untilAllowed(signal) {
      if (isAllowed()) return !signal.aborted;
      while (!isOn() && !signal.aborted) {
        await delay(againMs, undefined, { signal }).catch(() => {});
        if (!signal.aborted) await find(signal);
      }
      if (signal.aborted) return false;
      log.info('the claude CLI can now keep its credentials from tools: the worker takes sessions');
      return true;
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
