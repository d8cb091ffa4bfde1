// Runs the setup commands of a workspace, one after the other.
import { statfs } from 'node:fs/promises';
import { defined, type FailureFacts } from '@baton/core/internal';
import { makeFailure } from '../claude/make-failure.ts';
import { formatMarker } from '../host/marker.ts';
import { killMarked } from '../host/orphans.ts';
import { findReportedProblem, type HostProblem } from '../host-problem/find-host-problem.ts';
import type { OutputMasker } from '../masking/output-masker.ts';
import { type CommandExit, runCommand } from './run-command.ts';
import { createSetupOutput, type SetupOutput } from './setup-output.ts';

/** The type of the events that hold the output of setup commands. */
export const SETUP_EVENT = 'baton.setup';

/** An event of a setup command: `raw` is JSON, and its `type` is `baton.setup`. */
export interface SetupEvent {
  subtype: 'output' | 'end';
  raw: string;
}

/** The setup of one attempt. */
export interface Setup {
  commands: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  launcher: readonly string[];
  /** The value of BATON_RUN in `env`. */
  marker: string;
  /** How long all commands may take together, in milliseconds. */
  timeoutMs: number;
  masker: OutputMasker;
  /** Ends the setup: the session was cancelled, or the worker must release it. */
  signal: AbortSignal;
  record(event: SetupEvent): void;
}

/** How the setup ended. `stopped`: by `signal`. */
export type SetupVerdict =
  | { kind: 'done' }
  | { kind: 'stopped' }
  | { kind: 'host_problem'; problem: HostProblem }
  | { kind: 'failed'; failure: FailureFacts };

const FLUSH_MS = 500;

// A command that reports a full disk is believed if less than this is free, in bytes. Otherwise any command could say so.
const FULL_DISK_BYTES = 16 * 1024 ** 2;

/**
 * Runs the commands. The first one that fails, or the end of the time, ends the setup. If the setup does not succeed, all
 * its processes are killed; if it does, those that left their command's process group stay until the end of the attempt.
 */
export async function runSetup(setup: Setup): Promise<SetupVerdict> {
  const clock = AbortSignal.timeout(Math.min(setup.timeoutMs, 2 ** 31 - 1));
  const signal = AbortSignal.any([setup.signal, clock]);
  for (const index of setup.commands.keys()) {
    const verdict = await runOne(setup, index, { signal, clock });
    if (verdict.kind === 'done') continue;
    await killMarked((marker) => formatMarker(marker) === setup.marker);
    return verdict;
  }
  return { kind: 'done' };
}

async function runOne(
  setup: Setup,
  index: number,
  { signal, clock }: { signal: AbortSignal; clock: AbortSignal },
): Promise<SetupVerdict> {
  const command = index + 1;
  const record = (subtype: SetupEvent['subtype'], facts: object) =>
    setup.record({
      subtype,
      raw: JSON.stringify({ type: SETUP_EVENT, subtype, command, ...facts }),
    });
  const output = createSetupOutput(setup.masker, (stream, text) =>
    record('output', { stream, text }),
  );
  const flushing = setInterval(output.flush, FLUSH_MS);
  const exit = await runCommand({
    text: setup.commands[index] ?? '',
    cwd: setup.cwd,
    env: setup.env,
    launcher: setup.launcher,
    signal,
    onOutput: output.push,
  });
  clearInterval(flushing);
  const dropped = output.end();
  record('end', {
    exit_code: exit.code,
    ...defined({
      signal: exit.signal ?? undefined,
      dropped_bytes: dropped > 0 ? dropped : undefined,
    }),
  });
  if (setup.signal.aborted) return { kind: 'stopped' };
  if (exit.code === 0 && !clock.aborted) return { kind: 'done' };
  const problem = await findHostProblem(exit, output, setup.cwd);
  if (problem) return { kind: 'host_problem', problem };
  return { kind: 'failed', failure: failureOf(setup, index, { exit, output, clock }) };
}

function failureOf(
  { commands, timeoutMs }: Setup,
  index: number,
  { exit, output, clock }: { exit: CommandExit; output: SetupOutput; clock: AbortSignal },
): FailureFacts {
  const which = `setup command ${index + 1} of ${commands.length}`;
  const message = clock.aborted
    ? `${which} was stopped: the setup took longer than ${timeoutMs} ms`
    : `${which} ${describeExit(exit)}`;
  const evidence = { exit, stderrTail: output.tail('stderr'), stdoutTail: output.tail('stdout') };
  return {
    ...makeFailure({ code: 'WORKSPACE_SETUP_FAILED', message }, evidence),
    field: `workspace.setup.${index}`,
  };
}

function describeExit({ code, signal, spawnError }: CommandExit): string {
  if (spawnError !== undefined) return `could not be started (${spawnError})`;
  return code === null ? `was ended by ${signal}` : `failed with exit code ${code}`;
}

// An argument that is too long (E2BIG) is the session's own mistake.
async function findHostProblem(
  { spawnError }: CommandExit,
  output: SetupOutput,
  cwd: string,
): Promise<HostProblem | null> {
  if (spawnError !== undefined && spawnError !== 'E2BIG') {
    return {
      code: 'HOST_ERROR',
      message: `the shell of a setup command could not be started (${spawnError})`,
    };
  }
  const reported = findReportedProblem(output.tail('stderr'));
  if (!reported?.message.includes('ENOSPC')) return null;
  const { bavail, bsize } = await statfs(cwd);
  return bavail * bsize < FULL_DISK_BYTES
    ? { ...reported, message: 'there is no space left on the device of the workspace (ENOSPC)' }
    : null;
}
