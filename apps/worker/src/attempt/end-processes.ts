import { setTimeout as delay } from 'node:timers/promises';
import { type ClaudeProcess, STREAMS_GRACE_MS } from '../claude/process.ts';
import { formatMarker } from '../host/marker.ts';
import { killMarked } from '../host/orphans.ts';
import { type GroupMember, hasEnded, livingMembers } from '../host/process-group.ts';

/** How long what is left of the process group may take to end after SIGKILL, in milliseconds. */
const GROUP_END_MS = 5_000;

const GROUP_CHECK_MS = 50;

/**
 * Ends what outlives a process of Claude: every process with the run's `marker` in its environment, and
 * the members of its group. Resolves to the members that could not be ended.
 */
export async function endProcesses(claude: ClaudeProcess, marker: string): Promise<GroupMember[]> {
  await endMarked(claude, marker);
  return endGroup(claude);
}

// Where the process was a wrapper, the CLI that it wrapped may still be saving the transcript; it holds the
// streams until it has done so.
async function endMarked(claude: ClaudeProcess, runMarker: string): Promise<void> {
  const closed = new AbortController();
  const grace = delay(STREAMS_GRACE_MS, undefined, { signal: closed.signal }).catch(() => {});
  await Promise.race([claude.closed, grace]);
  closed.abort();
  await killMarked((marker) => formatMarker(marker) === runMarker);
}

// A wrapper may have ended and left the CLI itself behind, as another user: no marker of it can be read.
async function endGroup(claude: ClaudeProcess): Promise<GroupMember[]> {
  if (claude.pid === undefined) return [];
  let members = livingMembers(claude.pid);
  for (let waited = 0; members.length > 0 && waited < GROUP_END_MS; waited += GROUP_CHECK_MS) {
    claude.signal('SIGKILL');
    await delay(GROUP_CHECK_MS);
    members = members.filter((member) => !hasEnded(member));
  }
  return members;
}
