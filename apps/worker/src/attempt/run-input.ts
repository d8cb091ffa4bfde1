// What Baton writes to the process of a run, and when it stops writing.
import type { ClaudeSessionIdTracker } from '../claude/claude-session-id.ts';
import { openInput } from '../claude/input.ts';
import type { UserMessage } from '../claude/input-lines.ts';
import type { ClaudeLine } from '../claude/line.ts';
import type { FileReader } from '../claude/message-pieces.ts';
import type { PendingWork } from '../claude/pending-work.ts';
import type { ClaudeProcess } from '../claude/process.ts';
import { createInputCloser } from './input-closer.ts';
import type { MessageRelay } from './message-relay.ts';
import type { StopSwitch } from './stop-switch.ts';
import type { TurnCount } from './turn-count.ts';

/** The input of a run. */
export interface RunInput {
  /** Answers the CLI, sends messages and closes stdin, as the line requires. */
  observe(line: ClaudeLine): void;
  /** Asks the CLI to end its turn. Returns whether it could be asked. */
  interrupt(): boolean;
  /** Closes stdin, because the run is over. */
  close(): void;
}

/** What the input of a run depends on. */
export interface RunInputDeps {
  work: PendingWork;
  relay: MessageRelay;
  claudeSession: Pick<ClaudeSessionIdTracker, 'id'>;
  stopSwitch: StopSwitch;
  turns: TurnCount;
  /** Reads the files of the prompt and of messages. */
  readFile: FileReader;
}

/**
 * Opens the input of a process that has just started: writes the prompt, if there is one, and the
 * messages that wait.
 *
 * @param mayBegin Until this settles, the process gets no message. Default: it gets them at once.
 */
export function openRunInput(
  { work, relay, claudeSession, stopSwitch, turns, readFile }: RunInputDeps,
  claude: Pick<ClaudeProcess, 'write' | 'drained' | 'closeInput'>,
  prompt: UserMessage | null,
  mayBegin?: Promise<void>,
): RunInput {
  const input = openInput(claude, mayBegin ? null : prompt, readFile);
  const closer = createInputCloser(input, work, relay);

  function connect(): void {
    relay.connect({
      input,
      work,
      claudeSessionId: claudeSession.id,
      mayTakeMore: () =>
        input.isOpen() && stopSwitch.reason === null && !turns.isUsedUp() && !turns.isBudgetSpent(),
      onIdle: closer.check,
    });
    // Without a prompt or a message, the process would wait for input that never comes.
    if (prompt === null && !relay.hasSent()) input.close();
  }

  if (!mayBegin) connect();
  else {
    void mayBegin.then(() => {
      if (stopSwitch.reason !== null || !input.isOpen()) return;
      if (prompt) input.send(prompt);
      connect();
    });
  }

  return {
    observe(line) {
      input.answer(line);
      relay.observe(line);
      if (isResult(line)) relay.turnEnded();
      closer.check();
      // Baton wants no further turn if it stops the process. None follows if another conversation
      // began.
      const isLastTurn = stopSwitch.reason !== null || isForeignEnd(line);
      if (isLastTurn && isResult(line)) input.close();
    },
    // Between two turns an interrupt would end nothing.
    interrupt: () => !work.isIdle() && input.interrupt(work.waiting()),
    close() {
      closer.stop();
      input.close();
    },
  };
}

/** Returns whether the line is a result line, of this conversation or of another. */
export function isResult(line: ClaudeLine): boolean {
  return line.kind === 'event' && line.type === 'result';
}

// The result of another conversation does not count, but no result of this conversation follows it.
function isForeignEnd(line: ClaudeLine): boolean {
  return (
    line.kind === 'event' && line.isForeign === true && line.body['parent_tool_use_id'] == null
  );
}
