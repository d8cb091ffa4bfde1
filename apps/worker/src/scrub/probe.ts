import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_POLICY, newId } from '@baton/core/internal';
import { buildCommand, type Command } from '../claude/command.ts';
import type { ClaudeCli } from '../claude/find-claude-cli.ts';
import { openInput } from '../claude/input.ts';
import { type ClaudeProcess, startClaude } from '../claude/process.ts';
import { stopClaude } from '../claude/stop.ts';
import type { WorkerIdentity } from '../host/identity.ts';
import { formatMarker } from '../host/marker.ts';
import { killMarked } from '../host/orphans.ts';
import { makeRunDirs, type RunDirs, removeRunDirs, writePrivateFiles } from '../host/run-dirs.ts';
import { type ProbeApi, startProbeApi } from './probe-api.ts';

/** The dependencies of a probe. */
export interface ScrubProbeDeps {
  cli: ClaudeCli;
  launcher: readonly string[];
  /** The environment of a session's process. The probe leaves out its credentials and proxies. */
  baseEnv: Record<string, string>;
  identity: WorkerIdentity;
}

/** How long a probe may take, in milliseconds. The CLI starts in two seconds, on a busy host in twenty. */
const PROBE_TIMEOUT_MS = 60_000;

const MAX_REASON_CHARS = 300;

// From the environment of a session's process, the probe takes only the variables that any program needs.
const PASSED = /^(?:PATH|HOME|USER|LOGNAME|SHELL|TERM|LANG|LANGUAGE|TZ|IS_SANDBOX|LC_.*)$/;

// Prints the key from the two places where it could be: the tool's own environment, and the
// environment of the tool's parent.
const LOOK =
  'echo "looked: $ANTHROPIC_API_KEY"; tr "\\0" "\\n" < /proc/$PPID/environ | grep -a ^ANTHROPIC_API_KEY=; true';

/**
 * Finds out whether the CLI can keep its credentials from tools on this host. The real CLI makes a
 * Bash call with a dummy key, against the probe's own API. Resolves to null if the call cannot see
 * the key, else to the reason why the protection does not work. Rejects only if this host has a
 * problem.
 */
export async function probeEnvScrub(
  deps: ScrubProbeDeps,
  signal: AbortSignal,
): Promise<string | null> {
  const key = `probe-${randomBytes(16).toString('hex')}`;
  const dirs = await makeRunDirs(deps.identity);
  try {
    const api = await startProbeApi(LOOK);
    try {
      return await runProbe(deps, { dirs, api, key, signal });
    } finally {
      await api.stop();
    }
  } finally {
    await removeRunDirs(dirs);
  }
}

async function runProbe(
  deps: ScrubProbeDeps,
  { dirs, api, key, signal }: { dirs: RunDirs; api: ProbeApi; key: string; signal: AbortSignal },
): Promise<string | null> {
  const cwd = join(dirs.root, 'w');
  await mkdir(cwd);
  const marker = formatMarker({ ...deps.identity, sessionId: newId(), fence: 1 });
  const command = probeCommand(deps, { dirs, api, key, marker });
  await writePrivateFiles(command.files);
  const claude = startClaude(deps.cli.file, command, { cwd, launcher: deps.launcher });
  openInput(claude, { uuid: newId(), text: 'probe' }).close();
  const isInTime = await endsInTime(claude, signal);
  const whyNotEnded = await stopClaude(claude, { kind: 'lost' });
  await killMarked((found) => formatMarker(found) === marker);
  // The process may belong to another user, for example. The worker must not wait for it endlessly.
  if (whyNotEnded !== null) {
    claude.abandon();
    return `the claude CLI could not be ended: ${whyNotEnded}`;
  }
  await claude.closed;
  return isInTime ? verdict(api, key, claude) : 'the claude CLI did not end in time';
}

function probeCommand(
  { baseEnv, identity }: ScrubProbeDeps,
  { dirs, api, key, marker }: { dirs: RunDirs; api: ProbeApi; key: string; marker: string },
): Command {
  const passed = Object.entries(baseEnv).filter(([name]) => PASSED.test(name));
  const id = newId();
  return buildCommand({
    config: { query: 'probe', allowed_tools: ['Bash'] },
    claudeSessionId: id,
    resume: false,
    clearsAgent: false,
    dirs,
    sessionId: id,
    runId: identity.workerId,
    marker,
    baseEnv: {
      ...Object.fromEntries(passed),
      ANTHROPIC_BASE_URL: api.url,
      ANTHROPIC_API_KEY: key,
      CLAUDE_CODE_MAX_RETRIES: '0',
    },
    policy: DEFAULT_POLICY,
    wakeups: 'forbid',
    scrubsEnv: true,
    notes: null,
  });
}

async function endsInTime(claude: ClaudeProcess, signal: AbortSignal): Promise<boolean> {
  const ended = new AbortController();
  const limit = AbortSignal.any([signal, ended.signal]);
  const tooLate = delay(PROBE_TIMEOUT_MS, false, { signal: limit }).catch(() => false);
  const reading = readAll(claude).then(() => claude.exit);
  try {
    return await Promise.race([reading.then(() => true), tooLate]);
  } finally {
    ended.abort();
  }
}

async function readAll(claude: ClaudeProcess): Promise<void> {
  for await (const _lines of claude.lines()) {
    // The API receives everything that the probe needs. The lines are read so that the CLI is not blocked.
  }
}

function verdict(api: ProbeApi, key: string, claude: ClaudeProcess): string | null {
  const result = api.bashResult();
  if (result === null) return `the claude CLI made no Bash call: ${short(claude.stderrTail())}`;
  if (result.text.includes(key)) return 'a Bash call still sees the key';
  const isClean = !result.isError && result.text.includes('looked:');
  return isClean ? null : `a Bash call failed: ${short(result.text)}`;
}

function short(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_REASON_CHARS) || 'it printed nothing';
}
