import { z } from 'zod';
import type { Overrides } from '../model/config/continue-config.ts';
import { refuseIgnoredSettings } from '../model/config/ignored-settings.ts';
import {
  CONTINUE_AT_FEATURE,
  featuresOf,
  MESSAGES_FEATURE,
  RERUN_FEATURE,
} from '../model/config/required-features.ts';
import type { SessionConfig } from '../model/config/session-config.ts';
import type { JobOptions } from '../model/config/session-options.ts';
import type { OnBusy } from '../model/config/waiting-for.ts';
import type { PromptRequest } from '../model/content/content-draft.ts';
import { AppError, isAppError } from '../model/errors/app-error.ts';
import { type DraftedRequest, draftRequest, draftUnparsed } from '../model/job/draft-request.ts';
import { DEFAULT_TENANT, idempotencyKeySchema, idOfKey } from '../model/job/idempotency.ts';
import {
  type ContinueJob,
  continueJobSchema,
  type Job,
  type LaunchJob,
  launchJobSchema,
} from '../model/job/job.ts';
import { defined } from '../model/schema/defined.ts';
import { newId } from '../model/schema/id.ts';
import { checkDepth, parseInput } from '../model/schema/parse-input.ts';
import type { Session } from '../model/session/session.ts';

// The options from which a job's id is derived. Here null does not count as absent. Otherwise a
// caller whose id became null by mistake would create a new session with each request.
const namingSchema = z.object({
  id: z.string().optional(),
  idempotency_key: idempotencyKeySchema.optional(),
  tenant: z.string().optional(),
});

/**
 * Options of one session. Requests with the same `id` (a UUID) or the same `idempotency_key` (any
 * text, from which the id is derived) make one session. `tenant` keeps the idempotency keys of
 * several callers apart.
 */
export type EnqueueOptions = JobOptions & {
  id?: string;
  idempotency_key?: string | undefined;
  tenant?: string;
};

/**
 * Options of a continue. `on_busy` says what happens if its parent has not ended. `at` is the `seq`
 * of an event of the parent: the new session continues after it.
 */
export type ContinueOptions = EnqueueOptions & {
  on_busy?: OnBusy | undefined;
  at?: number | undefined;
};

/** Options of a rerun. All other options are those of the session that is run again. */
export type RerunOptions = Pick<EnqueueOptions, 'id' | 'idempotency_key' | 'tenant' | 'api_key_id'>;

/** A request to continue a session, with its prompt as a job carries it. */
export type ContinueRequest = Overrides & { parent_session_id: string };

/** Builds jobs from requests. */
export interface JobBuilder {
  /** Returns a request as its job carries it, and the draft of its content. Throws INVALID_REQUEST. */
  draft<T extends PromptRequest>(request: T): DraftedRequest<T>;
  launch(config: SessionConfig, options?: EnqueueOptions): LaunchJob;
  continue(request: ContinueRequest, options?: ContinueOptions): Job;
  /** Builds the job that runs a session again. */
  rerun(source: Session, options?: RerunOptions): Job;
}

/**
 * Builds the job of a launch from unparsed input. Throws INVALID_REQUEST, which names the field.
 */
export function parseLaunchJob(config: SessionConfig, options: EnqueueOptions = {}): LaunchJob {
  validateEnqueueOptions(options);
  return parseInput(launchJobSchema, buildJobOfLaunch(config, options));
}

/**
 * Builds the job of a continue from unparsed input. Throws INVALID_REQUEST, which names the field.
 */
export function parseContinueJob(request: ContinueRequest, options: ContinueOptions = {}): Job {
  validateEnqueueOptions(options);
  validateObject('request', request);
  try {
    return parseInput(continueJobSchema, buildJobOfContinue(request, options));
  } catch (error) {
    throw namedAsWritten(error);
  }
}

/** Like parseLaunchJob, for a caller's request: also refuses settings that the CLI ignores. */
export function parseLaunchRequest(config: SessionConfig, options?: EnqueueOptions): LaunchJob {
  refuseIgnoredSettings(config);
  return parseLaunchJob(config, options);
}

/** Like parseContinueJob, for a caller's request: also refuses settings that the CLI ignores. */
export function parseContinueRequest(request: ContinueRequest, options?: ContinueOptions): Job {
  refuseIgnoredSettings(request);
  return parseContinueJob(request, options);
}

const IN_OVERRIDES = 'overrides.';
const OPTION_NAMES = [...Object.keys(continueJobSchema.shape), 'idempotency_key', 'tenant'];

/**
 * Returns the error with the field's name as the caller wrote it. A continue request is flat, but
 * its job nests these fields in `overrides`.
 */
function namedAsWritten(error: unknown): unknown {
  if (!isAppError(error) || !error.details?.field?.startsWith(IN_OVERRIDES)) return error;
  const field = error.details.field.slice(IN_OVERRIDES.length);
  const message = OPTION_NAMES.includes(field)
    ? `${field}: expected it in the options, the second argument`
    : error.message.slice(IN_OVERRIDES.length);
  return new AppError(error.code, message, { details: { field }, cause: error.cause });
}

/**
 * Builds jobs from unparsed input. The library uses it, because nothing has checked the input of
 * its callers at run time.
 */
export const PARSED_JOBS: JobBuilder = {
  draft: draftUnparsed,
  launch: parseLaunchRequest,
  continue: parseContinueRequest,
  rerun(source, options = {}) {
    validateEnqueueOptions(options);
    return buildJobOfRerun(source, options);
  },
};

/**
 * Builds jobs from parsed input. The API uses it, because the API parses each request itself. Only
 * the depth is checked again: a job nests the config one level deeper than the request.
 */
export const TRUSTED_JOBS: JobBuilder = {
  draft: draftRequest,
  launch: (config, options = {}) => withCheckedDepth(buildJobOfLaunch(config, options)),
  continue: (request, options = {}) => withCheckedDepth(buildJobOfContinue(request, options)),
  rerun: (source, options = {}) => buildJobOfRerun(source, options),
};

function withCheckedDepth<T extends Job>(job: T): T {
  checkDepth(job);
  return job;
}

function buildJobOfLaunch(config: SessionConfig, options: EnqueueOptions): LaunchJob {
  const envelope = { ...buildEnvelope(options), ...withFeatures(options, featuresOf(config)) };
  return { ...envelope, kind: 'launch', config };
}

function buildJobOfContinue(
  { parent_session_id, ...overrides }: ContinueRequest,
  options: ContinueOptions,
): ContinueJob {
  const { at } = options;
  const features = [...(at === undefined ? [] : [CONTINUE_AT_FEATURE]), ...featuresOf(overrides)];
  const envelope = { ...buildEnvelope(options), ...withFeatures(options, features) };
  return { ...envelope, kind: 'continue', parent_session_id, overrides };
}

/** Returns the field `requires` with these words added, or nothing if there is no word to add. */
function withFeatures({ requires = [] }: Pick<EnqueueOptions, 'requires'>, features: string[]) {
  return features.length === 0 ? {} : { requires: [...new Set([...requires, ...features])] };
}

// The config is not in the job: the process that inserts the document takes it from the source. So
// no secret is copied to Redis, and a job cannot combine the secrets of a session with another
// config.
function buildJobOfRerun(
  source: Session,
  { id, idempotency_key, tenant, api_key_id }: RerunOptions,
): Job {
  const { title, tags, metadata, priority, concurrency_key, concurrency_limit, on_limit } = source;
  const inherited = (source.requires ?? []).filter((feature) => feature !== MESSAGES_FEATURE);
  const envelope = {
    ...buildEnvelope(
      defined({
        ...{ title, tags, metadata, priority, concurrency_key, concurrency_limit, on_limit },
        ...{ id, idempotency_key, tenant, api_key_id },
      }),
    ),
    requires: [...new Set([...inherited, RERUN_FEATURE])],
    rerun_of: source.id,
  };
  const { query, parent_session_id, on_busy } = source;
  if (source.kind === 'launch' || parent_session_id === undefined) {
    return { ...envelope, kind: 'launch', config: { query } };
  }
  const overrides = { query };
  return { ...envelope, kind: 'continue', parent_session_id, overrides, ...defined({ on_busy }) };
}

function buildEnvelope<T extends EnqueueOptions>({ id, idempotency_key, tenant, ...options }: T) {
  const chosenId =
    idempotency_key === undefined ? id : idOfKey(tenant ?? DEFAULT_TENANT, idempotency_key);
  const created_at = new Date().toISOString();
  // Two requests with one idempotency key get the same run id.
  return {
    version: 1 as const,
    run_id: chosenId ?? newId(),
    created_at,
    ...options,
    id: chosenId ?? newId(),
  };
}

function validateEnqueueOptions(options: EnqueueOptions): void {
  validateObject('options', options);
  const { id, idempotency_key, tenant } = options;
  parseInput(namingSchema, { id, idempotency_key, tenant });
  if (idempotency_key === undefined || id === undefined) return;
  throw new AppError(
    'INVALID_REQUEST',
    'idempotency_key: expected either a key or an id, not both',
    {
      details: { field: 'idempotency_key' },
    },
  );
}

function validateObject(field: 'request' | 'options', value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new AppError('INVALID_REQUEST', `${field}: expected an object`, { details: { field } });
}
