/** Looks for a prompt among the lines of a transcript. */
export interface PromptFinder {
  observe(line: string, offset: number): void;
  found(): boolean;
}

/**
 * Finds the entry of `prompt` at or after byte `from`: a resumed attempt then only goes on. Of a slash
 * command the CLI keeps the name, not the words.
 */
export function createPromptFinder(prompt: string, from: number): PromptFinder {
  const [command] = /^\/\S+/.exec(prompt) ?? [];
  const commandTag = command && `<command-name>${command}</command-name>`;
  let found = false;
  return {
    observe(line, offset) {
      if (found || offset < from || !line.includes('"type":"user"')) return;
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
    // Not an entry that this version understands: then not the prompt either.
    return null;
  }
}
