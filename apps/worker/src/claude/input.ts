import { refusalLine, requestLine, responseLine, type UserMessage } from './input-lines.ts';
import type { ClaudeLine } from './line.ts';
import { createLineWriter } from './line-writer.ts';
import type { FileReader } from './message-pieces.ts';
import type { ClaudeProcess } from './process.ts';
import { cliRequestOf } from './protocol-line.ts';

/** What Baton writes to one process of the CLI. Once the input is closed, nothing is written. */
export interface ClaudeInput {
  /** Returns whether the input was not closed yet. */
  isOpen(): boolean;
  /** Writes a message. Returns whether the input was still open. */
  send(message: UserMessage): boolean;
  /**
   * Withdraws messages that no turn has taken, and asks the CLI to end its turn. Returns whether
   * the input was still open.
   */
  interrupt(waiting: readonly string[]): boolean;
  /** Answers a line that asks Baton something. Other lines are ignored. */
  answer(line: ClaudeLine): void;
  /** Closes stdin. The CLI ends once its turn is over and nothing is pending. */
  close(): void;
}

// Print mode denies a call that needs an approval. Baton does the same, because nobody was asked.
const DENIAL = {
  behavior: 'deny',
  message: 'Nobody can approve this tool call: the session runs without a permission prompt.',
};

/**
 * Opens the input of a process that has just been spawned, and writes the prompt, if there is one.
 * Writes the control request `initialize` before the prompt, in the same tick as the spawn. If it
 * came later, a resumed CLI could already run tools (docs/claude-cli.md, section 16). `read` reads
 * the files of messages; default: no file can be read.
 */
export function openInput(
  claude: Pick<ClaudeProcess, 'write' | 'drained' | 'closeInput'>,
  prompt: UserMessage | null,
  read: FileReader = async () => null,
): ClaudeInput {
  let isOpen = true;
  const lines = createLineWriter(claude, read);
  const write = (line: string | UserMessage): boolean => {
    if (isOpen) lines.write(line);
    return isOpen;
  };
  write(requestLine({ subtype: 'initialize' }));
  if (prompt) write(prompt);
  return {
    isOpen: () => isOpen,
    send: write,
    interrupt(waiting) {
      for (const message_uuid of waiting) {
        write(requestLine({ subtype: 'cancel_async_message', message_uuid }));
      }
      return write(requestLine({ subtype: 'interrupt' }));
    },
    answer(line) {
      const request = cliRequestOf(line);
      if (request === null) return;
      const { id, subtype } = request;
      if (subtype === 'can_use_tool') write(responseLine(id, DENIAL));
      else write(refusalLine(id, `Baton does not answer requests of the kind ${subtype}`));
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      lines.end();
    },
  };
}
