// Required features: what a worker must know before it may run a session (docs/upgrades.md). Each
// feature is named by one word.
import { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { recordOf } from '../schema/json-parts.ts';
import { CLI_OPTION_KEYS } from './cli-options.ts';
import { MCP_OPTION_KEYS } from './mcp-config.ts';

/**
 * The word of a session that has accepted a message. A worker that does not know messages would
 * complete the session without them.
 */
export const MESSAGES_FEATURE = 'messages';

/**
 * The word of a continue that begins in the middle of its parent: an older worker would begin at
 * the end.
 */
export const CONTINUE_AT_FEATURE = 'continue_at';

/**
 * The word of a session that takes its config from another session. An older worker would not find
 * the config, and would not open the secrets that were sealed for that session.
 */
export const RERUN_FEATURE = 'rerun';

/**
 * The word of a session whose config says what it works in, or whose files were captured. An older
 * worker would run it in another directory, or without its files.
 */
export const WORKSPACES_FEATURE = 'workspaces';

/** The word of a session that begins from a repository. An older worker would refuse its config. */
const REPOSITORIES_FEATURE = 'repositories';

/** The word of a session with uploaded files or with content beside text. An older worker would run it without them. */
export const FILES_FEATURE = 'files';

/** The word of a session whose transcript is stored with references to repeated parts, which an older worker cannot read. */
export const TRANSCRIPT_PARTS_FEATURE = 'transcript_parts';

/** The word of a session whose config has keys that workers without this word do not know. */
const CLI_OPTIONS_FEATURE = 'cli_options';

/**
 * The feature words that this version understands. A feature needs a word if an older worker would run its sessions
 * incorrectly. A feature that an older worker may ignore needs no word. Add the word here in the change that adds the
 * feature, and write the word into `requires` of each job that uses the feature (queue/job-builder.ts). A worker that
 * does not know the word leaves such a job to a newer worker. Never remove a word.
 */
export const FEATURES: ReadonlySet<string> = new Set<string>([
  MESSAGES_FEATURE,
  CONTINUE_AT_FEATURE,
  RERUN_FEATURE,
  WORKSPACES_FEATURE,
  REPOSITORIES_FEATURE,
  FILES_FEATURE,
  TRANSCRIPT_PARTS_FEATURE,
  CLI_OPTIONS_FEATURE,
]);

/** How many words the field `requires` may hold. */
const MAX_FEATURES = 32;

/** The maximum length of a word, in characters. */
export const FEATURE_MAX_LENGTH = 64;

/** Schema of the field `requires` of jobs and session documents. */
export const requiredFeaturesSchema = z
  .array(z.string().min(1).max(FEATURE_MAX_LENGTH))
  .max(MAX_FEATURES)
  .describe(
    'Feature words that a worker must understand before it may run the session. A worker that does not know a word leaves the session in the queue. Baton sets this field.',
  );

/** Thrown if a job or a session requires features that this version does not know. A newer worker must run it. */
export class UnknownFeaturesError extends Error {
  override readonly name = 'UnknownFeaturesError';
  /** The words that this version does not understand. */
  readonly features: readonly string[];

  constructor(features: readonly string[]) {
    super(
      `expected a worker of a newer version: this version does not know ${features.join(', ')}`,
    );
    this.features = features;
  }
}

/**
 * Returns the words in `requires` that this version does not understand, at most 32. `holder` is a session or an
 * unparsed payload: this version may be unable to parse a newer payload, which may have a new version or kind.
 */
export function findUnknownFeatures(holder: unknown): string[] {
  return [...getFeatures(holder)]
    .filter((feature) => !FEATURES.has(feature))
    .slice(0, MAX_FEATURES);
}

/** Returns the strings in `requires`. Other values are ignored, because `holder` may be an unparsed payload. */
function getFeatures(holder: unknown): Set<string> {
  const { requires } = (holder ?? {}) as { requires?: unknown };
  if (!Array.isArray(requires)) return new Set();
  return new Set(requires.filter((feature): feature is string => typeof feature === 'string'));
}

/**
 * Returns the unknown words of an UnknownFeaturesError, or of the UnknownFeaturesError that caused
 * an AppError (for example if a document cannot be read). Returns null if the error has another
 * cause.
 */
export function getUnknownFeatures(error: unknown): readonly string[] | null {
  const reason = error instanceof AppError ? error.cause : error;
  return reason instanceof UnknownFeaturesError ? reason.features : null;
}

/** Throws UnknownFeaturesError if a payload or a session requires a word that this version does not know. */
export function checkFeatures(holder: unknown): void {
  const unknown = findUnknownFeatures(holder);
  if (unknown.length > 0) throw new UnknownFeaturesError(unknown);
}

/** Returns the feature words that a config, or the overrides of a continue, needs. */
export function featuresOf(config: object): string[] {
  const { workspace, files, content } = config as Record<string, unknown>;
  return [
    ...(workspace === undefined ? [] : [WORKSPACES_FEATURE]),
    ...(usesRepositories(config) ? [REPOSITORIES_FEATURE] : []),
    ...(files === undefined && content === undefined ? [] : [FILES_FEATURE]),
    ...(usesCliOptions(config) ? [CLI_OPTIONS_FEATURE] : []),
  ];
}

// A worker without the word refuses the key `setup_ms` of `timeouts`.
function usesRepositories(config: object): boolean {
  const { workspace, timeouts } = config as Record<string, unknown>;
  return recordOf(workspace)['type'] === 'git' || recordOf(timeouts)['setup_ms'] !== undefined;
}

// In the overrides of a continue, null clears a key. An older worker does not know the key even then.
function usesCliOptions(config: object): boolean {
  const { mcp_config, ...keys } = config as Record<string, unknown>;
  const servers = Object.values(recordOf(recordOf(mcp_config)['mcpServers']));
  return (
    CLI_OPTION_KEYS.some((key) => keys[key] !== undefined) ||
    servers.some((server) => MCP_OPTION_KEYS.some((key) => key in recordOf(server)))
  );
}

/**
 * Returns what a new session requires: its own job's words, and the words of the parent that it continues, because
 * it inherits the parent's config and transcript.
 */
export function mergeRequiredFeatures(
  job: { requires?: readonly string[] | undefined },
  parent: { requires?: readonly string[] | undefined } | undefined,
): string[] | undefined {
  // The transcript of the parent holds its messages, and every version can continue a transcript.
  const inherited = [...getFeatures(parent)].filter((feature) => feature !== MESSAGES_FEATURE);
  const features = new Set([...inherited, ...getFeatures(job)]);
  return features.size > 0 ? [...features] : undefined;
}
