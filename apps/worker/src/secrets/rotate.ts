import {
  findKids,
  type Opener,
  resealConfig,
  type Sealer,
  type SecretStore,
  type SessionStore,
} from '@baton/core/internal';

/** What a rotation works with. */
export interface RotationDeps {
  secrets: SecretStore;
  sessions: Pick<SessionStore, 'ancestry' | 'get'>;
  opener: Opener;
  sealer: Sealer;
}

/** What a rotation did. */
export interface RotationReport {
  resealed: number;
  /** What could not be opened, and why: it is sealed to a key that is not here, or was damaged. */
  refused: { id: string; reason: string }[];
}

/** Seals every secret of every session and schedule to the newest key. Safe to say twice, and beside running workers. */
export async function rotateSecrets(deps: RotationDeps): Promise<RotationReport> {
  const report: RotationReport = { resealed: 0, refused: [] };
  for await (const holder of deps.secrets.sessions()) {
    const isOurs = async (id: string) => id === holder.id || (await ancestorsOf(holder.id)).has(id);
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
    // One that was changed meanwhile was sealed by whoever changed it.
    else if (await deps.secrets.setLaunch(id, revision, done.config)) report.resealed += 1;
  }
  return report;

  async function ancestorsOf(id: string): Promise<Set<string>> {
    const session = await deps.sessions.get(id);
    const chain = session ? await deps.sessions.ancestry(session) : [];
    return new Set(chain.map((link) => link.id));
  }
}

/** How many sessions and schedules hold secrets sealed to each key, or not sealed at all. */
export async function countByKey(secrets: SecretStore): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const count = (kids: Set<string>) => {
    for (const kid of kids) counts.set(kid, (counts.get(kid) ?? 0) + 1);
  };
  for await (const { config } of secrets.sessions()) count(findKids(config));
  for await (const { launch } of secrets.launches()) count(findKids(launch));
  return counts;
}
