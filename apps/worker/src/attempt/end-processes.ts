import { setTimeout as delay } from 'node:timers/promises';
import { type ClaudeProcess, STREAMS_GRACE_MS } from '../claude/process.ts';
import { formatMarker } from '../host/marker.ts';
import { killMarked } from '../host/orphans.ts';
import { type GroupMember, hasEnded, livingMembers } from '../host/process-group.ts';

/** How long the rest of the process group may take to end after SIGKILL, in milliseconds. */
const GROUP_END_MS = 5_000;

const GROUP_CHECK_MS = 50;

/**
 * Ends the processes that outlive the CLI: every process with the run's `marker` in its
 * environment, and the rest of the CLI's process group. Resolves to the members of the group that
 * could not be ended.
 */
export async function endProcesses(claude: ClaudeProcess, marker: string): Promise<GroupMember[]> {
  await endMarked(claude, marker);
  return endGroup(claude);
}

// If the process was a wrapper, the CLI that it started may still be saving the transcript. The CLI
// keeps the output streams open until the transcript is saved, so wait for the streams before the
// kill.
async function endMarked(claude: ClaudeProcess, runMarker: string): Promise<void> {
  const closed = new AbortController();
  const grace = delay(STREAMS_GRACE_MS, undefined, { signal: closed.signal }).catch(() => {});
  await Promise.race([claude.closed, grace]);
  closed.abort();
  await killMarked((marker) => formatMarker(marker) === runMarker);
}

// A wrapper may end and leave the CLI running as another user. This worker cannot read the marker
// of such a process, so only the process group leads to it.
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
