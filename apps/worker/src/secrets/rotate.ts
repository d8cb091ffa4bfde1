import {
  findKids,
  findOpenableSessions,
  type Opener,
  resealConfig,
  type Sealer,
  type SecretStore,
  type SessionStore,
} from '@baton/core/internal';

/** The dependencies of a rotation. */
export interface RotationDeps {
  secrets: SecretStore;
  sessions: Pick<SessionStore, 'ancestry' | 'get'>;
  opener: Opener;
  sealer: Sealer;
}

/** The result of a rotation. */
export interface RotationReport {
  resealed: number;
  /** The sessions and schedules whose secrets could not be opened, and why: a missing key, or damage. */
  refused: { id: string; reason: string }[];
}

/**
 * Reseals every secret of every session and schedule with the sealing key. The function may be
 * repeated, and may run while workers run.
 */
export async function rotateSecrets(deps: RotationDeps): Promise<RotationReport> {
  const report: RotationReport = { resealed: 0, refused: [] };
  for await (const holder of deps.secrets.sessions()) {
    const isOurs = async (id: string) => id === holder.id || (await openableOf(holder.id)).has(id);
    const done = await resealConfig(holder.config, deps, { sessionId: holder.id, isOurs });
    if (!done) continue;
    if ('refused' in done) report.refused.push({ id: holder.id, reason: done.refused.message });
    else {
      await deps.secrets.setConfig(holder.id, done.config);
      report.resealed += 1;
    }
  }
  for await (const { id, revision, launch } of deps.secrets.launches()) {
    const done = await resealConfig(launch, deps, { isOurs: async () => false });
    if (!done) continue;
    if ('refused' in done) report.refused.push({ id, reason: done.refused.message });
    // If the schedule was changed since it was read, nothing is stored: the process that changed it
    // also sealed its secrets.
    else if (await deps.secrets.setLaunch(id, revision, done.config)) report.resealed += 1;
  }
  return report;

  async function openableOf(id: string): Promise<Set<string>> {
    const session = await deps.sessions.get(id);
    return session ? findOpenableSessions(deps.sessions, session) : new Set();
  }
}

/**
 * Returns, for each sealing key, how many sessions and schedules hold secrets sealed with it. The
 * entry `plain` counts the sessions and schedules with secrets that are not sealed.
 */
export async function countByKey(secrets: SecretStore): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const count = (kids: Set<string>) => {
    for (const kid of kids) counts.set(kid, (counts.get(kid) ?? 0) + 1);
  };
  for await (const { config } of secrets.sessions()) count(findKids(config));
  for await (const { launch } of secrets.launches()) count(findKids(launch));
  return counts;
}
