/** Keeps the newest message entries of the lines it is shown. */
export interface RecentMessages {
  observe(line: string): void;
  /** Their lines, oldest first. */
  lines(): readonly string[];
}

// As much as a recorder holds back at most: no more than that can be saved here and not recorded.
const MAX_LINES = 4_096;
const MAX_CHARS = 16 * 1024 * 1024;

// Looked for by the letter: few of them are ever parsed.
const MESSAGE = /"type":"(assistant|user)"/;

/** Recent messages, of which none has been seen yet. */
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
      // Not for each line: a slice of thousands costs more than what it drops.
      if (recent.length > 2 * MAX_LINES || chars > 2 * MAX_CHARS) trim();
    },
    lines() {
      trim();
      return recent;
    },
  };
}
