import type { ConversationOptions, LaunchOnBusy } from '../model/config/conversation-key.ts';
import type { RequestConfig, SessionConfig } from '../model/config/session-config.ts';
import type { OnBusy } from '../model/config/waiting-for.ts';
import type { ContentDraft } from '../model/content/content-draft.ts';
import { requestHash } from '../model/job/config-hash.ts';
import { DEFAULT_TENANT, idOfMessageKey } from '../model/job/idempotency.ts';
import type { Job } from '../model/job/job.ts';
import { defined } from '../model/schema/defined.ts';
import type { MessageRequest } from '../model/session/message.ts';
import type { EnqueueOptions, JobBuilder } from '../queue/job-builder.ts';
import type { Sealer } from '../sealing/sealer.ts';
import type { TenantKey } from '../store/conversation-key-store.ts';
import type { ContentAcceptance } from './content-acceptance.ts';

/** Options of a launch. With a `conversation_key`, the launch may continue a session instead. */
export type LaunchOptions = EnqueueOptions & ConversationOptions;

/** The options of a launch that has a conversation key. */
export type KeyedOptions = LaunchOptions & { conversation_key: string };

/** A launch with a conversation key, before it is decided what becomes of it. */
export interface KeyedRequest {
  key: TenantKey;
  /** The id of the session, if the request becomes a new session. */
  id: string;
  /** The id of the message, if the request becomes a message and can be repeated. */
  messageId: string | undefined;
  /** Whether the request has an idempotency key. */
  isRepeatable: boolean;
  /** The config as the job carries it. */
  config: SessionConfig;
  /** The content of the request, whose files are not checked yet; undefined if it has none. */
  draft: ContentDraft | undefined;
  /** Stores the content at most once, however often the launch tries again. */
  content: ContentAcceptance;
  /** The prompt as the request has it, for a message. */
  prompt: MessageRequest['content'];
  on_busy: LaunchOnBusy | undefined;
  /** The job by which a repeated request is compared with the first. */
  asSent: Job;
  /** May throw to refuse the config of the new session. */
  judge: (config: SessionConfig) => void;
  /** Returns the job of a launch, with its secrets encrypted. */
  toLaunch(): Promise<Job>;
  /** Returns the job of a continue of `parentId`, with its secrets encrypted. */
  toContinue(parentId: string, onBusy?: OnBusy): Promise<Job>;
}

/** Returns whether the options of a launch have a conversation key. */
export function hasKey(options: LaunchOptions | undefined): options is KeyedOptions {
  return options?.conversation_key !== undefined;
}

/**
 * Returns the options of a launch without a conversation key, for its job. The job refuses `on_busy`
 * if it is there.
 */
export function withoutKey(options: LaunchOptions): EnqueueOptions {
  return typeof options === 'object' && options !== null ? defined(options) : options;
}

function storingOnce(content: ContentAcceptance): ContentAcceptance {
  let stored: ReturnType<ContentAcceptance['store']> | undefined;
  return {
    store(draft, tenant) {
      stored ??= content.store(draft, tenant);
      return stored;
    },
  };
}

/** Builds the request of a launch. Throws INVALID_REQUEST, which names the field. */
export function buildKeyedRequest(
  request: RequestConfig,
  { conversation_key, on_busy, ...options }: KeyedOptions,
  {
    jobs,
    content,
    sealer,
    judge,
  }: {
    jobs: Pick<JobBuilder, 'draft' | 'launch' | 'continue'>;
    content: ContentAcceptance;
    sealer: Sealer;
    judge: (config: SessionConfig) => void;
  },
): KeyedRequest {
  const { idempotency_key, tenant = DEFAULT_TENANT } = options;
  const isRepeatable = idempotency_key !== undefined;
  const { drafted: config, draft } = jobs.draft(request);
  const launch = jobs.launch(config, options);
  const { id } = launch;
  const config_hash = requestHash({ ...launch, conversation_key, on_busy });
  // Only a repeatable job carries its hash, because anybody who reads the hash could use it to guess
  // a short secret.
  const hash = isRepeatable ? { config_hash } : {};
  const named = isRepeatable ? options : { ...options, id };
  let sealed: Promise<SessionConfig> | undefined;
  const seal = () => {
    sealed ??= sealer.config(config, id);
    return sealed;
  };
  return {
    key: { tenant, key: conversation_key },
    id,
    messageId: isRepeatable ? idOfMessageKey(tenant, '', idempotency_key) : undefined,
    isRepeatable,
    config,
    draft,
    content: storingOnce(content),
    prompt: request.content ?? config.query,
    on_busy,
    asSent: { ...launch, config_hash },
    judge,
    async toLaunch() {
      judge(config);
      return { ...jobs.launch(await seal(), named), ...hash };
    },
    async toContinue(parent_session_id, onBusy) {
      const continued = { ...(await seal()), parent_session_id };
      return { ...jobs.continue(continued, { ...named, on_busy: onBusy }), ...defined(hash) };
    },
  };
}
