import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One entry of a transcript. */
type Entry = Record<string, unknown>;

/** The transcript of a Claude session on disk: its content, and calls to append. */
export interface Transcript {
  path: string;
  /** Whether the file existed when the process began. */
  existed: boolean;
  /** The prompts in the file when the process began. */
  prompts: string[];
  /** The uuids of the entries in the file when the process began. */
  uuids: string[];
  /** The assistant's texts in the file. The texts that this process appends are added. */
  texts: string[];
  /** The total cost in the last cost-state entry when the process began, in dollars. */
  earlierCost: number;
  append(entries: Entry[]): void;
  /** Appends text unchanged, even an incomplete line. */
  appendRaw(bytes: string): void;
  /** Appends entries to another file of the session, such as a sub-agent's. */
  appendBeside(name: string, entries: Entry[]): void;
  /** Ignores all later calls to append. */
  stop(): void;
}

/** Opens the transcript at the path where the real CLI keeps it. */
export function openTranscript(id: string, env: NodeJS.ProcessEnv, cwd: string): Transcript {
  const configDir = env['CLAUDE_CONFIG_DIR'] ?? join(env['HOME'] ?? cwd, '.claude');
  const project = env['CLAUDE_CODE_PROJECT_DIR_NAME'] ?? cwd.replaceAll(/[^a-zA-Z0-9]/g, '-');
  const folder = join(configDir, 'projects', project);
  const path = join(folder, `${id}.jsonl`);
  const existed = existsSync(path);
  const entries = existed ? readEntries(path) : [];
  const texts = entries.flatMap(textsOf);
  let isStopped = false;
  const write = (file: string, bytes: string) => {
    if (isStopped) return;
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, bytes);
  };
  return {
    path,
    existed,
    prompts: entries.flatMap(promptOf),
    uuids: entries.map((entry) => String(entry['uuid'])),
    texts,
    earlierCost: Number(
      entries.findLast((one) => one['type'] === 'cost-state')?.['totalCostUSD'] ?? 0,
    ),
    append(added) {
      write(path, asLines(added));
      if (!isStopped) texts.push(...added.flatMap(textsOf));
    },
    appendRaw: (bytes) => write(path, bytes),
    appendBeside: (name, added) => write(join(folder, id, name), asLines(added)),
    stop() {
      isStopped = true;
    },
  };
}

function readEntries(path: string): Entry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as Entry];
      } catch {
        return []; // an incomplete line is skipped, as the real CLI does
      }
    });
}

// The notice of an interrupt is an entry of the user, but not a prompt.
const NOTICE = '[Request interrupted';

function promptOf(entry: Entry): string[] {
  const content = contentOf(entry);
  if (entry['type'] !== 'user' || !Array.isArray(content)) return [];
  return content.flatMap(({ type, text }: { type?: unknown; text?: unknown }) =>
    type === 'text' && typeof text === 'string' && !text.startsWith(NOTICE) ? [text] : [],
  );
}

function textsOf(entry: Entry): string[] {
  const content = contentOf(entry);
  if (entry['type'] !== 'assistant' || !Array.isArray(content)) return [];
  return content.flatMap(({ text }: { text?: unknown }) =>
    typeof text === 'string' ? [text] : [],
  );
}

function contentOf(entry: Entry): unknown {
  return (entry['message'] as { content?: unknown } | undefined)?.content;
}

function asLines(entries: Entry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}
