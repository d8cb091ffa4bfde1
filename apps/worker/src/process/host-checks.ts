import { findParentDeathLauncher } from '../claude/parent-death.ts';
import { createHostHealth, type HostHealth } from '../host/host-health.ts';
import { createProbe } from '../host/probe.ts';
import { createStuckProcesses } from '../host/stuck-processes.ts';
import { createEnvScrub, type EnvScrub } from '../scrub/env-scrub.ts';
import type { WorkerEnvironment } from './environment.ts';

/** The checks that find out whether this host can run sessions, and how. */
export interface HostChecks {
  /**
   * The command that starts the CLI so that the CLI dies with this process. Empty if this host has
   * no such command.
   */
  launcher: readonly string[];
  scrub: EnvScrub;
  host: HostHealth;
}

/** Returns why this host runs no sessions at the moment, or null. */
export function whyNoSessions({ host, scrub }: Pick<HostChecks, 'host' | 'scrub'>): string | null {
  return host.whyNot() ?? scrub.whyNot();
}

/** Creates the checks of this host. It probes only the launcher; the other probes run later. */
export async function createHostChecks(environment: WorkerEnvironment): Promise<HostChecks> {
  const { settings, cli, baseEnv, identity, workRoot, log } = environment;
  const launcher = await findParentDeathLauncher(baseEnv['PATH'] ?? '');
  const scrub = createEnvScrub(settings.SUBPROCESS_ENV_SCRUB, {
    cli,
    launcher,
    baseEnv,
    identity,
    log,
  });
  const host = createHostHealth({
    probe: createProbe({
      cli,
      launcher,
      baseEnv,
      workRoot,
      minFreeBytes: settings.DISK_MIN_FREE_BYTES,
      identity,
    }),
    stuck: createStuckProcesses(log),
    log,
  });
  return { launcher, scrub, host };
}
