import { readdir, readFile } from 'node:fs/promises';

/** A running process: its pid, the pid of its parent, and its command line. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  command: string;
}

/** Returns the process and all its descendants, the process itself first. Dead processes are left out. */
export async function processTree(pid: number): Promise<ProcessEntry[]> {
  const entries = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const all = (await Promise.all(entries.map(readEntry))).filter((entry) => entry !== undefined);
  const below = (entry: ProcessEntry): ProcessEntry[] => [
    entry,
    ...all.filter(({ parent }) => parent === entry.pid).flatMap(below),
  ];
  return all.filter((entry) => entry.pid === pid).flatMap(below);
}

// The bootstrap's command line also names the program. npm replaces its command line with its
// title.
const IS_LINK = {
  npm: /^npm /,
  bootstrap: /^\S*node .*bootstrap\.mjs/,
  program: /^\S*node (?!.*bootstrap\.mjs)/,
  guardian: /guardian\.sh/,
} as const;

/** A process of the chain that `npm start` makes: npm, the bootstrap, the program, and the program's guardian. */
export type ChainLink = keyof typeof IS_LINK;

/** Returns the pid of the uppermost process that is this link of the chain. Throws if there is none. */
export function pidInChain(tree: readonly ProcessEntry[], link: ChainLink): number {
  const found = tree.find(({ command }) => IS_LINK[link].test(command));
  if (!found) throw new Error(`no ${link} in ${JSON.stringify(tree)}`);
  return found.pid;
}

async function readEntry(pid: string): Promise<ProcessEntry | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state = 'X', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if ('ZX'.includes(state)) return undefined;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
    return { pid: Number(pid), parent: Number(parent), command };
  } catch {
    return undefined; // the process has ended in the meantime
  }
}
