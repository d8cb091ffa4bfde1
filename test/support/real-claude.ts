// Runs the real CLI without the caller's environment. To test another version of the CLI, set
// CLAUDE_BIN_UNDER_TEST=<path>.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type ClaudeHome, PROJECT_NAME } from './claude-home.ts';
import { waitFor } from './wait.ts';

/** One parsed line of stream-json. */
export type Line = Record<string, unknown> & { type: string; subtype?: string };

/** The output and the exit of a finished CLI process. */
export interface ClaudeRun {
  /** The lines of stdout that are JSON objects, parsed. */
  lines: Line[];
  results: Line[];
  stdout: string;
  stderr: string;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

/** How to run the CLI: its home, the URL of its API, its flags and its prompt. */
export interface ClaudeOptions {
  home: ClaudeHome;
  apiUrl: string;
  args?: string[];
  prompt?: string;
  env?: Record<string, string>;
  /** An executable to run instead of the CLI under test. */
  bin?: string;
}

/** A running CLI process. */
export interface RunningClaude {
  child: ChildProcess;
  pid: number;
  /**
   * Resolves with the first line that matches, even if it was printed before the call. Rejects if the process ends
   * without such a line.
   */
  line(what: string, matches: (line: Line) => boolean): Promise<Line>;
  done: Promise<ClaudeRun>;
}

/** Returns the path of the CLI under test: CLAUDE_BIN_UNDER_TEST, or the CLI that this project installs. */
export function claudeBin(): string {
  const own = fileURLToPath(new URL('../../node_modules/.bin/claude', import.meta.url));
  return process.env['CLAUDE_BIN_UNDER_TEST'] ?? own;
}

/** Returns the complete environment of the CLI. */
function claudeEnv(options: ClaudeOptions): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: options.home.home,
    LANG: 'C.UTF-8',
    CLAUDE_CONFIG_DIR: options.home.configDir,
    CLAUDE_CODE_TMPDIR: options.home.tmpDir,
    CLAUDE_CODE_PROJECT_DIR_NAME: PROJECT_NAME,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_MAX_RETRIES: '0',
    ANTHROPIC_BASE_URL: options.apiUrl,
    ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
    ...options.env,
  };
}

/** Starts the CLI in print mode, in a new process group, with the prompt on stdin. */
export function startClaude(options: ClaudeOptions): RunningClaude {
  const flags = [
    '--print',
    '--input-format=stream-json',
    '--output-format=stream-json',
    '--verbose',
    ...(options.args ?? []),
  ];
  const child = spawn(options.bin ?? claudeBin(), flags, {
    cwd: options.home.workDir,
    env: claudeEnv(options),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const out = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (out.stderr += text));
  child.stdin.on('error', () => undefined); // a CLI that refuses its flags never reads the prompt
  child.stdin.end(firstLines(options.prompt ?? ''));

  const done = once(child, 'close').then(([exitCode, signal]): ClaudeRun => {
    const lines = parseLines(out.stdout);
    const results = lines.filter((line) => line.type === 'result');
    return { ...out, lines, results, exitCode, signal };
  });
  done.catch(() => undefined);
  return {
    child,
    pid: child.pid ?? -1,
    done,
    line: (what, matches) =>
      waitFor(what, () => {
        const found = parseLines(out.stdout).find(matches);
        if (found === undefined && child.exitCode !== null) {
          throw new Error(`the CLI ended without ${what}: ${out.stdout}${out.stderr}`);
        }
        return found;
      }),
  };
}

function firstLines(prompt: string): string {
  const initialize = {
    type: 'control_request',
    request_id: randomUUID(),
    request: { subtype: 'initialize' },
  };
  const message = {
    type: 'user',
    message: { role: 'user', content: [{ type: 'text', text: prompt }] },
    parent_tool_use_id: null,
    session_id: '',
    uuid: randomUUID(),
  };
  return `${JSON.stringify(initialize)}\n${JSON.stringify(message)}\n`;
}

/** Returns the complete lines of a text that are JSON objects, parsed. */
export function parseLines(text: string): Line[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return whole.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);
}
