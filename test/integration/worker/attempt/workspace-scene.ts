// Sessions of the fake CLI that write files, on workers whose disks can be lost.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Session } from '@baton/core/internal';
import type { Step } from '../../../fake-claude/script.ts';
import { withCapturedFiles } from '../../../support/captured-files.ts';
import type { Fleet } from '../../../support/fleet.ts';
import { snapshotTree, type TreeSnapshot } from '../../../support/tree-snapshot.ts';
import { waitFor } from '../../../support/wait.ts';

let count = 0;

/** Returns the path of a file, outside all workspaces, that no other test uses. */
function scratch({ root }: Fleet, name: string): string {
  count += 1;
  return join(root, `${name}-${count}`);
}

/** Returns the steps by which the fake CLI runs a shell command in its directory, as a tool call. */
export function runsShell(fleet: Fleet, command: string): Step[] {
  const done = scratch(fleet, 'done');
  return [
    { spawn: `${command}\ntouch ${done}` },
    { wait_for: done },
    { tool: 'Bash', input: { command } },
  ];
}

/** Steps that stop at a point until a test lets them go on. */
export interface Halt {
  steps: Step[];
  /** Waits until the CLI is at this point. Resolves with what is appended to the system prompt, or with ''. */
  systemNotes(): Promise<string>;
  release(): Promise<void>;
}

/** Creates the steps of a halt. */
export function createHalt(fleet: Fleet): Halt {
  const [dump, gate] = [scratch(fleet, 'dump'), scratch(fleet, 'gate')];
  return {
    steps: [{ dump }, { wait_for: gate }],
    async systemNotes() {
      const dumped = await waitFor('the CLI', () => readFile(dump, 'utf8').catch(() => undefined));
      const { argv } = JSON.parse(dumped) as { argv: string[] };
      const flag = '--append-system-prompt-file=';
      const file = argv.find((one) => one.startsWith(flag))?.slice(flag.length);
      return file === undefined ? '' : readFile(file, 'utf8');
    },
    release: () => writeFile(gate, ''),
  };
}

/** Returns the files of the session's newest capture, as another host would restore them. */
export function capturedFiles({ baton }: Fleet, session: Session): Promise<TreeSnapshot> {
  return withCapturedFiles(baton.stores.captures, session, (folder) => snapshotTree(folder));
}

/** Removes everything in a work root, so that the next worker begins like one on another host. */
export async function loseDisk(workRoot: string): Promise<void> {
  for (const name of await readdir(workRoot))
    await rm(join(workRoot, name), { recursive: true, force: true });
}
