import { messageLine, type UserMessage } from './input-lines.ts';
import { type BlockMessage, type FileReader, messagePieces } from './message-pieces.ts';
import type { ClaudeProcess } from './process.ts';

/** Writes lines to stdin one after the other. */
export interface LineWriter {
  /** Writes a line, or a message. A line that comes while a message of blocks is written waits for its end. */
  write(line: string | UserMessage): void;
  /** Closes stdin once everything is written. */
  end(): void;
}

/** Creates the writer of a process. `read` reads the files of messages when their turn has come. */
export function createLineWriter(
  claude: Pick<ClaudeProcess, 'write' | 'drained' | 'closeInput'>,
  read: FileReader,
): LineWriter {
  const waiting: (string | UserMessage)[] = [];
  let isWriting = false;
  let hasEnded = false;

  // The pieces are made as fast as the process takes them, so at most one of them waits in memory.
  async function writePieces(message: BlockMessage): Promise<void> {
    for await (const piece of messagePieces(message, read)) {
      claude.write(piece);
      await claude.drained();
    }
  }

  function flush(): void {
    while (!isWriting) {
      const next = waiting.shift();
      if (next === undefined) break;
      if (typeof next === 'string') claude.write(next);
      else if (!hasBlocks(next)) claude.write(messageLine(next));
      else {
        isWriting = true;
        void writePieces(next).finally(() => {
          isWriting = false;
          flush();
        });
      }
    }
    if (hasEnded && !isWriting) claude.closeInput();
  }

  return {
    write(line) {
      waiting.push(line);
      flush();
    },
    end() {
      hasEnded = true;
      flush();
    },
  };
}

function hasBlocks(message: UserMessage): message is BlockMessage {
  return message.blocks !== undefined;
}
