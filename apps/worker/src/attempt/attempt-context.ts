import type {
  Attempt,
  LivePublisher,
  Logger,
  OwnedSession,
  OwnerNews,
  Prices,
  Session,
  StoreClock,
  Stores,
} from '@baton/core/internal';
import type { ClaudeCli } from '../claude/find-claude-cli.ts';
import type { FileReader } from '../claude/message-pieces.ts';
import { asUserText } from '../claude/prompt-text.ts';
import type { HostHealth } from '../host/host-health.ts';
import type { GitPerson } from '../push/commit-message.ts';
import { createContentReader } from './content-reader.ts';
import type { DeadlinesMs } from './deadlines.ts';
import { createMessageRelay, type MessageRelay } from './message-relay.ts';
import { type Ownership, watchOwnership } from './ownership.ts';
import type { PrepareDeps } from './prepare.ts';
import { type AttemptProgress, createAttemptProgress } from './progress.ts';
import { withPublishing } from './publish-writes.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { createStopSwitch, type StopSwitch } from './stop-switch.ts';
import type { WriteOptions } from './write-until-acknowledged.ts';

/** The services and settings that all attempts of a worker share. */
export interface AttemptDeps extends PrepareDeps {
  stores: PrepareDeps['stores'] & Pick<Stores, 'owned' | 'messages'>;
  clock: StoreClock;
  live: LivePublisher;
  cli: ClaudeCli;
  host: HostHealth;
  launcher: readonly string[];
  leaseMs: number;
  /** The pause before a session's first retry, in milliseconds; later pauses grow (backoff.ts). */
  retryFirstMs: number;
  deadlines: DeadlinesMs;
  /** How long the setup commands of a workspace may take together by default, in milliseconds. */
  setupTimeoutMs: number;
  /** The author of commits that are pushed, if the config names none. */
  gitAuthor: GitPerson;
  /** Prices for estimating the cost that the CLI did not report. Default: the list prices. */
  prices?: Prices;
  log: Logger;
}

/** Everything that the steps of one attempt share. */
export interface AttemptContext {
  deps: AttemptDeps;
  session: Session;
  attempt: Attempt;
  /** The logger of the attempt. It adds the session's id and the attempt's number to every line. */
  log: Logger;
  /** Writes the session document, guarded by this attempt's fence. */
  owned: OwnedSession;
  /** Writes events in order, and renews the lease until the recorder finishes. */
  recorder: Recorder;
  /** Sends callers' messages to the process. */
  relay: MessageRelay;
  /** Reads the files of the prompt and of messages. */
  readFile: FileReader;
  progress: AttemptProgress;
  stopSwitch: StopSwitch;
  ownership: Ownership;
  /** How each write is repeated until MongoDB acknowledges it. */
  writeOptions: WriteOptions;
  /**
   * Ends every write that is being repeated. That also stops the recorder, its lease renewals and
   * the transcript copy.
   */
  giveUp(): void;
}

// A message is never a slash command: such a command may leave no trace in the transcript, or begin
// another conversation. Then Baton could not find out whether the message was delivered.
const AS_TEXT = { slash_commands: false };

/** Sets up a claimed attempt, and starts its recorder and its ownership watch. */
export function createAttemptContext(
  deps: AttemptDeps,
  session: Session,
  attempt: Attempt,
): AttemptContext {
  const { leaseMs } = deps;
  const log = deps.log.child({ session_id: session.id, attempt: attempt.attempt });
  const fenced = { id: session.id, attempt: attempt.attempt, fence: attempt.fence, leaseMs };
  const owned = withPublishing(deps.stores.owned.open(fenced), session, deps.live);
  const givenUp = new AbortController();
  const writeOptions: WriteOptions = {
    giveUp: givenUp.signal,
    onError: (error) =>
      log.warn({ err: error }, 'a write to MongoDB failed; the attempt repeats it'),
  };
  const stopSwitch = createStopSwitch();
  const progress = createAttemptProgress(session);
  const ownership = watchOwnership(leaseMs, () => {
    // When MongoDB is back, the fence decides: the session is retried unless another worker holds
    // it by then.
    log.error(
      'neither MongoDB nor Redis has confirmed for a lease length that this worker holds the session; Baton stops its process',
    );
    stopSwitch.stop({ kind: 'store_unavailable' });
  });
  const recorder = createRecorder({
    owned,
    events: deps.stores.events,
    sessionId: session.id,
    attempt: attempt.attempt,
    lastSeq: session.last_event_seq,
    leaseMs,
    progress: progress.current,
    onFenceHeld: (news) => {
      ownership.fenceHeld();
      stopOnRequest(news, stopSwitch);
      relay.pendingChanged(news.pending_messages);
    },
    onMustStop: () => stopSwitch.stop({ kind: 'lost' }),
    ...writeOptions,
  });
  const relay = createMessageRelay({
    owned,
    recorder,
    messages: deps.stores.messages,
    masker: deps.masker,
    onMissing: (ids) =>
      log.error(
        { message_ids: ids },
        'messages of the session have no document; Baton drops them from the session',
      ),
    textOf: (content) => asUserText(content, AS_TEXT),
    ...writeOptions,
  });
  relay.pendingChanged(session.pending_messages);
  return {
    deps,
    session,
    attempt,
    log,
    owned,
    recorder,
    relay,
    readFile: createContentReader({
      files: deps.stores.files,
      onUnreadable: (file_id, error) =>
        log.error(
          { err: error, file_id },
          'a file of a prompt or a message cannot be read; Claude gets a note about it',
        ),
      ...writeOptions,
    }),
    progress,
    stopSwitch,
    ownership,
    writeOptions,
    giveUp: () => givenUp.abort(),
  };
}

/**
 * Stops the run if the session document holds a caller's cancel or interrupt. A cancel takes
 * precedence over an interrupt.
 */
function stopOnRequest(
  { cancel_requested_at, interrupt_requested_at }: OwnerNews,
  stopSwitch: StopSwitch,
): void {
  if (cancel_requested_at) stopSwitch.stop({ kind: 'cancel' });
  else if (interrupt_requested_at) stopSwitch.stop({ kind: 'interrupt' });
}
