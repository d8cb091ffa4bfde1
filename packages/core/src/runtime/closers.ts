import { withDeadline } from './deadline.ts';
import type { Logger } from './log.ts';

/** A stack of open resources, which are closed in reverse order. */
export interface Closers {
  /** Adds an open resource: its name in the log, and the function that closes it. */
  add(name: string, close: () => unknown): void;
  /**
   * Closes all resources, the newest first, and returns whether each one closed in time. A resource that does not close
   * is logged and left behind. Calling it again returns the same promise.
   */
  close(): Promise<boolean>;
}

/** Creates a stack of closers. Each closer may take `timeoutMs` milliseconds. */
export function createClosers(log: Logger, timeoutMs: number): Closers {
  const opened: { name: string; close: () => unknown }[] = [];
  let closing: Promise<boolean> | null = null;

  async function closeAll(): Promise<boolean> {
    let allClosed = true;
    for (const { name, close } of opened.reverse()) {
      try {
        await withDeadline(timeoutMs, close);
      } catch (error) {
        allClosed = false;
        log.error({ err: error }, `${name} did not close, leaving it behind`);
      }
    }
    return allClosed;
  }

  return {
    add(name, close) {
      opened.push({ name, close });
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
