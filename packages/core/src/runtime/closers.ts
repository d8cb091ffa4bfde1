import { withDeadline } from './deadline.ts';
import type { Logger } from './log.ts';

/** What has been opened, to be closed in reverse. */
export interface Closers {
  /** Remembers how to close what was just opened. */
  add(name: string, close: () => unknown): void;
  /**
   * Closes all, the last opened first; says whether every one did. Bounded: one that does not close in
   * its time is left behind. Calling again returns the same promise.
   */
  close(): Promise<boolean>;
}

/** A stack of closers; each has `timeoutMs` to close. */
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
        log.error({ err: error }, `${name} did not close`);
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
