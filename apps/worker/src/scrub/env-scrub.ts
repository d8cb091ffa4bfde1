import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@baton/core/internal';
import { isExecutable } from '../claude/parent-death.ts';
import { probeEnvScrub, type ScrubProbeDeps } from './probe.ts';

/** Whether the CLI keeps its credentials from the tools of sessions. `auto`: only if that works on this host. */
export type EnvScrubSetting = 'auto' | 'on' | 'off';

/** Decides whether the CLI keeps its credentials from its tools on this host. */
export interface EnvScrub {
  /** Returns whether sessions that start now run with this protection. */
  isOn(): boolean;
  /** Returns why this worker must not run sessions, or null. */
  whyNot(): string | null;
  /** Returns the state as /readyz shows it. */
  describe(): string;
  /** Probes once, and logs if sessions must run without the protection or must not run. */
  probe(signal: AbortSignal): Promise<void>;
  /**
   * Resolves to true once sessions may run here, and probes every 30 seconds until then. Resolves to false once
   * `signal` is aborted.
   */
  untilAllowed(signal: AbortSignal): Promise<boolean>;
}

// Without bwrap, the CLI with this protection does not start. Without socat, each Bash call of the CLI fails.
const PROGRAMS = ['bwrap', 'socat'];

/** How long a worker that must not run sessions waits before it probes again, in milliseconds. */
const AGAIN_MS = 30_000;

/** Resolves to null if the protection works on this host, else to the reason why it does not. */
type Probe = (signal: AbortSignal) => Promise<string | null>;

/** Creates the state of a worker with this setting. Nothing is known before `probe`. */
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
    // With `auto`, a missing program turns the protection off at once. With `on`, the probe runs
    // the CLI even if a program is missing.
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

/** Options for tests: another probe, and how long to wait before repeating it, in milliseconds. */
export interface ScrubOptions {
  probe?: Probe;
  againMs?: number;
}

const AUTO_WARNING =
  'the claude CLI cannot keep its credentials from the tools of sessions here: sessions run without this protection (see SUBPROCESS_ENV_SCRUB)';

const ON_ERROR =
  'SUBPROCESS_ENV_SCRUB=on, but the claude CLI cannot keep its credentials from tools here: the worker takes no sessions, and probes again every 30 seconds';

function missingPrograms(path: string): string[] {
  const folders = path.split(delimiter);
  return PROGRAMS.filter((name) => !folders.some((folder) => isExecutable(join(folder, name))));
}
