// Runs the CLI with streaming input by hand, as a program without Baton would.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { byHandEnv, CLAUDE } from './real-cli.ts';

const FLAGS = [
  '--print',
  '--input-format=stream-json',
  '--output-format=stream-json',
  '--verbose',
  '--allowedTools=Bash',
];

/** A CLI that takes messages on its stdin. */
export interface OwnClaude {
  /** Writes a message to stdin. */
  send(content: string): void;
  /** Resolves when the CLI has printed a result with this answer. */
  untilAnswered(answer: string): Promise<void>;
  /** Closes stdin, and resolves when the CLI has ended. */
  finish(): Promise<void>;
  /** Kills the CLI and removes its files. */
  end(): Promise<void>;
}

/** Starts the CLI with this prompt, and resolves when it has given this answer. */
export async function startOwnClaude(
  credentials: Record<string, string>,
  prompt: string,
  answer: string,
): Promise<OwnClaude> {
  const own = await beginOwnClaude(credentials, prompt);
  await own.untilAnswered(answer);
  return own;
}

/**
 * Starts the CLI with this prompt, and resolves when it has printed its first line about the session.
 *
 * @param cwd The directory of the CLI. Default: a new one.
 */
export async function beginOwnClaude(
  credentials: Record<string, string>,
  prompt: string,
  cwd?: string,
): Promise<OwnClaude> {
  const root = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const claude = execa(CLAUDE, FLAGS, {
    cwd: cwd ?? root,
    extendEnv: false,
    env: byHandEnv(root, 'config', credentials),
    buffer: false,
    reject: false,
  });
  const answers = new Set<unknown>();
  let hasBegun = false;
  let wake: () => void = () => undefined;
  createInterface({ input: claude.stdout }).on('line', (line) => {
    const { type, subtype, result } = JSON.parse(line) as Record<string, unknown>;
    if (type === 'system' && subtype === 'init') hasBegun = true;
    if (type === 'result') answers.add(result);
    wake();
  });
  const write = (line: object) => claude.stdin.write(`${JSON.stringify(line)}\n`);

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  const own: OwnClaude = {
    send(content) {
      const message = { role: 'user', content: [{ type: 'text', text: content }] };
      const ids = { parent_tool_use_id: null, session_id: '', uuid: randomUUID() };
      write({ type: 'user', message, ...ids });
    },
    untilAnswered: (expected) => until(() => answers.has(expected)),
    async finish() {
      claude.stdin.end();
      await claude;
    },
    async end() {
      claude.kill();
      await claude;
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  const request = { subtype: 'initialize' };
  write({ type: 'control_request', request_id: randomUUID(), request });
  own.send(prompt);
  await until(() => hasBegun);
  return own;
}
