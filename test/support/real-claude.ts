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
  /** The lines of stdout that belong to the conversation, parsed. */
  lines: Line[];
  /** All lines of stdout that are JSON objects, also the protocol's. */
  allLines: Line[];
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
  prompt?: string | readonly object[];
  env?: Record<string, string>;
  /** An executable to run instead of the CLI under test. */
  bin?: string;
  /** Whether stdin stays open after the prompt, for more messages. Default: false. */
  staysOpen?: boolean;
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
  /** Writes a message, which is a text or a list of blocks, to stdin and returns its uuid. */
  send(
    content: string | readonly object[],
    options?: { uuid?: string; priority?: 'next' | 'later' | 'now' },
  ): string;
  /** Writes a control request to stdin and resolves with the response. */
  ask(request: Record<string, unknown> & { subtype: string }): Promise<Line>;
  /** Answers a control request of the CLI with a response. */
  answer(request: Line, response: object): void;
  /** Closes stdin. */
  close(): void;
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

const PROTOCOL_TYPES = ['command_lifecycle', 'control_request', 'control_response'];

/**
 * Starts the CLI in print mode with streaming input, in a new process group. Its stdin holds
 * `initialize` and the prompt, and is closed then, so the CLI ends after the turn.
 */
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
  const write = (line: object) => void child.stdin.write(`${JSON.stringify(line)}\n`);
  write(requestLine(randomUUID(), { subtype: 'initialize' }));
  write(messageLine(options.prompt ?? '', { uuid: randomUUID() }));
  if (options.staysOpen !== true) child.stdin.end();

  const done = once(child, 'close').then(([exitCode, signal]): ClaudeRun => {
    const allLines = parseLines(out.stdout);
    const lines = allLines.filter(({ type }) => !PROTOCOL_TYPES.includes(type));
    const results = lines.filter((line) => line.type === 'result');
    return { ...out, lines, allLines, results, exitCode, signal };
  });
  done.catch(() => undefined);
  const line: RunningClaude['line'] = (what, matches) =>
    waitFor(what, () => {
      const found = parseLines(out.stdout).find(matches);
      if (found === undefined && child.exitCode !== null) {
        throw new Error(`the CLI ended without ${what}: ${out.stdout}${out.stderr}`);
      }
      return found;
    });
  return {
    child,
    pid: child.pid ?? -1,
    done,
    line,
    send(content, { uuid = randomUUID(), ...rest } = {}) {
      write(messageLine(content, { uuid, ...rest }));
      return uuid;
    },
    ask(request) {
      const id = randomUUID();
      write(requestLine(id, request));
      return line(`the response to ${request.subtype}`, ({ type, response }) => {
        const { request_id } = (response ?? {}) as { request_id?: string };
        return type === 'control_response' && request_id === id;
      });
    },
    answer({ request_id }, response) {
      write({ type: 'control_response', response: { subtype: 'success', request_id, response } });
    },
    close: () => void child.stdin.end(),
  };
}

function requestLine(request_id: string, request: { subtype: string }): object {
  return { type: 'control_request', request_id, request };
}

function messageLine(
  content: string | readonly object[],
  rest: { uuid: string; priority?: string },
): object {
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return {
    type: 'user',
    message: { role: 'user', content: blocks },
    parent_tool_use_id: null,
    session_id: '',
    ...rest,
  };
}

/** Returns the complete lines of a text that are JSON objects, parsed. */
export function parseLines(text: string): Line[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return whole.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);
}
