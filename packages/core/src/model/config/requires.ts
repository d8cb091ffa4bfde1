// Feature words: what a session needs of the version that runs it (docs/upgrades.md).
import { z } from 'zod';

/**
 * The feature words that this version understands. A feature that an older worker would run wrongly gets a
 * word here, in the change that adds the feature: then give the word to `requires` of each job that uses the
 * feature (queue/producer.ts). A worker without the word leaves such a job to a newer worker. A word is never
 * taken out again, and a feature that an older worker may ignore needs none.
 */
export const FEATURES: ReadonlySet<string> = new Set<string>([]);

/** The field `requires` of jobs and session documents. */
export const requiresSchema = z
  .array(z.string().min(1).max(64))
  .max(32)
  .describe(
    'Feature words that a worker must understand to run it; other workers leave it in the queue. Set by Baton.',
  );

/** A job or a session needs features that this version does not have: a newer worker must run it. */
export class UnknownFeaturesError extends Error {
  override readonly name = 'UnknownFeaturesError';
  /** The words that this version does not understand. */
  readonly features: readonly string[];

  constructor(features: readonly string[]) {
    super(`a newer version is needed: this one does not know ${features.join(', ')}`);
    this.features = features;
  }
}

/**
 * The words in `requires` that this version does not understand. `holder` is a session, or a payload that no
 * schema has seen: a newer payload may have a version or a kind that this version cannot parse.
 */
export function findUnknownFeatures(holder: unknown): string[] {
  const { requires } = (holder ?? {}) as { requires?: unknown };
  if (!Array.isArray(requires)) return [];
  const features = requires.filter((feature): feature is string => typeof feature === 'string');
  return [...new Set(features)].filter((feature) => !FEATURES.has(feature));
}

/** Throws UnknownFeaturesError where a payload or a session requires a word that this version does not have. */
export function checkFeatures(holder: unknown): void {
  const unknown = findUnknownFeatures(holder);
  if (unknown.length > 0) throw new UnknownFeaturesError(unknown);
}

/**
 * What a new session requires: the words of its own job, and those of the parent that it continues, whose
 * config and transcript it inherits.
 */
export function mergeRequires(
  job: { requires?: readonly string[] | undefined },
  parent: { requires?: readonly string[] | undefined } | undefined,
): string[] | undefined {
  const features = new Set([...(parent?.requires ?? []), ...(job.requires ?? [])]);
  return features.size > 0 ? [...features] : undefined;
}
