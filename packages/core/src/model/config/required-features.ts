// Required features: what a session needs of the version that runs it (docs/upgrades.md). Each has a word as its name.
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';

/**
 * The feature words that this version understands. A feature that an older worker would run wrongly gets a
 * word here, in the change that adds the feature: then give the word to `requires` of each job that uses the
 * feature (queue/job-builder.ts). A worker without the word leaves such a job to a newer worker. A word is never
 * taken out again, and a feature that an older worker may ignore needs none.
 */
export const FEATURES: ReadonlySet<string> = new Set<string>([]);

/** How many words one job or session may require. */
const MAX_FEATURES = 32;

/** How long one word may be, in characters. */
export const FEATURE_MAX_LENGTH = 64;

/** The field `requires` of jobs and session documents. */
export const requiredFeaturesSchema = z
  .array(z.string().min(1).max(FEATURE_MAX_LENGTH))
  .max(MAX_FEATURES)
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
 * The words in `requires` that this version does not understand, 32 of them at most. `holder` is a session, or
 * a payload that no schema has seen: a newer payload may have a version or a kind that this version cannot parse.
 */
export function findUnknownFeatures(holder: unknown): string[] {
  return [...getFeatures(holder)]
    .filter((feature) => !FEATURES.has(feature))
    .slice(0, MAX_FEATURES);
}

/** The words in `requires`; what is no word is left out, because no schema has seen the holder. */
function getFeatures(holder: unknown): Set<string> {
  const { requires } = (holder ?? {}) as { requires?: unknown };
  if (!Array.isArray(requires)) return new Set();
  return new Set(requires.filter((feature): feature is string => typeof feature === 'string'));
}

/**
 * The words that an error says a newer version is needed for: of an UnknownFeaturesError, or of one that caused
 * it, as where a document cannot be read. Null where the error has another reason.
 */
export function getUnknownFeatures(error: unknown): readonly string[] | null {
  const reason = error instanceof AppError ? error.cause : error;
  return reason instanceof UnknownFeaturesError ? reason.features : null;
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
export function mergeRequiredFeatures(
  job: { requires?: readonly string[] | undefined },
  parent: { requires?: readonly string[] | undefined } | undefined,
): string[] | undefined {
  const features = new Set([...getFeatures(parent), ...getFeatures(job)]);
  return features.size > 0 ? [...features] : undefined;
}
