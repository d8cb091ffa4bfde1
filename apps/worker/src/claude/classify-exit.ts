import { findReportedProblem } from '../host-problem/find-host-problem.ts';
import type { Reason } from './make-failure.ts';

/** The facts of a process that ended without a result line. */
export interface ResultlessExit {
  exit: {
    code: number | null;
    signal: string | null;
    spawnError?: { code: string; message: string };
  };
  sawInit: boolean;
  stderrTail: string;
  /** The last output on stdout, except events. It is used if stderr is empty. */
  stdoutTail?: string;
  rateLimit?: { resetsAt?: Date } | null;
  workingDir?: string;
}

// A shell or a launcher reports the end by signal n as exit code 128 + n.
const SIGNAL_BY_EXIT_CODE: Record<number, string> = {
  129: 'SIGHUP',
  130: 'SIGINT',
  137: 'SIGKILL',
  143: 'SIGTERM',
};

// What claude 2.1.330 prints to stderr when it refuses an argument. It exits with code 1 and leaves
// stdout empty (docs/claude-cli.md, section 2).
const REFUSED_ARGUMENTS = [
  /^error: (unknown option|option '|unknown command|too many arguments)/m,
  /^Error: (--[\w-]+ |Invalid (MCP configuration|session ID|settings)|Session ID )/m,
  /^Error: (System prompt|Append system prompt|Settings|MCP config) file /m,
  /^--[\w-]+ cannot be used with root/m,
];

// The signals by which a runtime ends itself when it cannot continue.
const CRASHES = ['SIGABRT', 'SIGBUS', 'SIGILL', 'SIGSEGV', 'SIGTRAP'];

const HEAP_IS_FULL = /JavaScript heap out of memory|\bout of memory\b/i;

/** Returns why a process that Baton did not stop left no final result line. */
export function classifyExit(facts: ResultlessExit): Reason {
  const { exit } = facts;
  if (exit.spawnError) return classifySpawnError(exit.spawnError, facts.workingDir);
  const output = facts.stderrTail.trim() || facts.stdoutTail?.trim() || '';
  if (!facts.sawInit && (exit.code === 126 || exit.code === 127)) {
    const reason = output || `it exited with code ${exit.code} and printed nothing`;
    return { code: 'CLAUDE_NOT_FOUND', message: `the claude CLI could not be started: ${reason}` };
  }
  if (!facts.sawInit && REFUSED_ARGUMENTS.some((pattern) => pattern.test(output))) {
    return { code: 'CLAUDE_BAD_FLAGS', message: `the claude CLI refused its arguments: ${output}` };
  }
  if (isCrash(exit) && HEAP_IS_FULL.test(output)) {
    return { code: 'OUT_OF_MEMORY', message: 'the claude CLI ran out of heap memory' };
  }
  const signal = exit.signal ?? SIGNAL_BY_EXIT_CODE[exit.code ?? 0];
  if (signal !== undefined) return { code: 'KILLED', message: describeKill(signal) };
  if (facts.rateLimit) return { code: 'RATE_LIMITED', message: describeLimit(facts.rateLimit) };
  const problem = findReportedProblem(output);
  if (problem) return { code: 'HOST_ERROR', message: `${problem.message}: ${output}` };
  const ending = `the claude CLI ended with exit code ${exit.code ?? 'unknown'} and no result line`;
  return { code: 'PROTOCOL', message: output ? `${ending}: ${output}` : ending };
}

function classifySpawnError(error: { code: string; message: string }, workingDir?: string): Reason {
  const where = workingDir === undefined ? '' : ` in ${workingDir}`;
  const message = `the claude CLI could not be started${where}: ${error.message}`;
  switch (error.code) {
    // ENOENT means that the program or the directory is missing. The directory was checked earlier,
    // so the program is missing.
    case 'ENOENT':
      return { code: 'CLAUDE_NOT_FOUND', message: `${message}; check the path in CLAUDE_BIN` };
    case 'EACCES':
    case 'ENOEXEC':
      return { code: 'CLAUDE_NOT_FOUND', message: `${message}; make CLAUDE_BIN executable` };
    case 'ENOTDIR':
      return { code: 'WORKING_DIR_NOT_FOUND', message };
    case 'E2BIG':
      return { code: 'CLAUDE_BAD_FLAGS', message };
    case 'ENOMEM':
      return { code: 'OUT_OF_MEMORY', message };
    default:
      return { code: 'INTERNAL', message };
  }
}

function isCrash({ code, signal }: ResultlessExit['exit']): boolean {
  return CRASHES.includes(signal ?? '') || code === 134;
}

function describeKill(signal: string): string {
  if (CRASHES.includes(signal)) return `the claude CLI crashed with ${signal}`;
  const hint =
    signal === 'SIGKILL' ? '; a host that runs out of memory also ends processes by SIGKILL' : '';
  return `the claude CLI was ended by a ${signal} that Baton did not send${hint}`;
}

function describeLimit({ resetsAt }: { resetsAt?: Date }): string {
  const until = resetsAt === undefined ? '' : ` until ${resetsAt.toISOString()}`;
  return `the account is rate limited${until}`;
}
