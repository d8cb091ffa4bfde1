/** Keeps the newest message entries of a transcript. */
export interface RecentMessages {
  observe(line: string): void;
  /** Returns the lines of these entries, oldest first. */
  lines(): readonly string[];
}

// The stored transcript may hold messages that are not recorded as events, but no more than the
// recorder's backlog holds. So these bounds are at least as large as its bounds (backlog.ts).
const MAX_LINES = 4_096;
const MAX_CHARS = 16 * 1024 * 1024;

// The pattern searches the text of a line, because few of the lines are ever parsed.
const MESSAGE = /"type":"(assistant|user)"/;

/** Creates a list of recent messages, empty at first. */
export function createRecentMessages(): RecentMessages {
  let recent: string[] = [];
  let chars = 0;

  function trim(): void {
    let first = 0;
    for (; recent.length - first > MAX_LINES || chars > MAX_CHARS; first += 1) {
      chars -= recent[first]?.length ?? 0;
    }
    recent = recent.slice(first);
  }

  return {
    observe(line) {
      if (!MESSAGE.test(line)) return;
      recent.push(line);
      chars += line.length;
      // Trimming after each line would copy thousands of lines to drop one line.
      if (recent.length > 2 * MAX_LINES || chars > 2 * MAX_CHARS) trim();
    },
    lines() {
      trim();
      return recent;
    },
  };
}
