import { findParentDeathLauncher } from '../claude/parent-death.ts';
import { createHostHealth, type HostHealth } from '../host/host-health.ts';
import { createProbe } from '../host/probe.ts';
import { createStuckProcesses } from '../host/stuck-processes.ts';
import { createEnvScrub, type EnvScrub } from '../scrub/env-scrub.ts';
import type { WorkerEnvironment } from './environment.ts';

/** What says whether this host can run sessions, and how. */
export interface HostChecks {
  /** What is put before the CLI so that it dies with this process; empty where there is nothing. */
  launcher: readonly string[];
  scrub: EnvScrub;
  host: HostHealth;
}

/** Creates the checks of this host; nothing has been probed yet but the launcher. */
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
    probe: createProbe({ cli, launcher, baseEnv, workRoot, identity }),
    stuck: createStuckProcesses(log),
    log,
  });
  return { launcher, scrub, host };
}
