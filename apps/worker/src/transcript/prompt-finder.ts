/** Looks for a prompt in the lines of a transcript. */
export interface PromptFinder {
  observe(line: string, offset: number): void;
  found(): boolean;
}

/**
 * Creates a finder of the entry that holds `prompt`, at or after byte `from`. Versions of Baton
 * before streaming input sent the prompt without a uuid, so the finder looks for its text. If the
 * entry is there, a resumed attempt does not send the prompt again. The CLI stores a slash command
 * by its name and not as it was typed, so the finder looks for the name. If `prompt` is null, the finder finds nothing.
 */
export function createPromptFinder(prompt: string | null, from: number): PromptFinder {
  const [command] = /^\/\S+/.exec(prompt ?? '') ?? [];
  const commandTag = command && `<command-name>${command}</command-name>`;
  let found = false;
  return {
    observe(line, offset) {
      if (prompt === null || found || offset < from || !line.includes('"type":"user"')) return;
      const linePrompt = promptOf(line);
      found =
        linePrompt === prompt ||
        (commandTag !== undefined && linePrompt?.includes(commandTag) === true);
    },
    found: () => found,
  };
}

function promptOf(line: string): string | null {
  try {
    const entry = JSON.parse(line) as { type?: unknown; message?: { content?: unknown } };
    const content = entry.type === 'user' ? entry.message?.content : undefined;
    if (typeof content === 'string') return content;
    const first = Array.isArray(content)
      ? (content[0] as { text?: unknown } | undefined)
      : undefined;
    return typeof first?.text === 'string' ? first.text : null;
  } catch {
    // The line is not an entry that this version understands, so it is not the prompt.
    return null;
  }
}
