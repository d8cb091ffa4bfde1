// Runs the real CLI with an open stdin, for tests that talk to it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Reply, toolUse } from '../support/messages-api/reply.ts';
import type { Line, RunningClaude } from '../support/real-claude.ts';
import type { Cli, CliRun } from './cli.ts';

let count = 0;
/** Returns the session id of the newest conversation of this process. */
export const newestId = () => `0197f0a0-aaaa-7000-8000-${String(count).padStart(12, '0')}`;

/** Returns whether the line is a result line. */
export const isResult = (line: Line) => line.type === 'result';
/** Returns a function that finds the result of the turn that began with this message. */
export const resultOf = (uuid: string) => (line: Line) =>
  isResult(line) && line['user_message_uuid'] === uuid;
/** Returns a function that finds the line that reports this state of a message. */
export const isState = (uuid: string, state: string) => (line: Line) =>
  line['command_uuid'] === uuid && line['state'] === state;
/** The states of a message that the run reported, in order. */
export const statesOf = (run: CliRun, uuid: string) =>
  run.allLines.filter((line) => line['command_uuid'] === uuid).map((line) => line['state']);
/** The answers of the run's turns, in order. */
export const answersOf = (run: CliRun) => run.results.map((line) => line['result']);

/** A conversation with a running CLI. */
export interface Scene {
  id: string;
  claude: RunningClaude;
  /** Ends the tool call that is running. */
  release(): Promise<void>;
}

/** Runs the CLI with an open stdin, which is closed after `act`. */
export async function converse(
  cli: Cli,
  replies: Reply[],
  act: (scene: Scene) => Promise<unknown>,
  args: string[] = [],
): Promise<CliRun & { id: string }> {
  count += 1;
  const id = newestId();
  const go = join(cli.home.workDir, id);
  const options = {
    script: replies,
    args: [`--session-id=${id}`, '--allowedTools=Bash', ...args],
    prompt: 'go',
    staysOpen: true,
    env: { GO: go },
  };
  const run = await cli.runUntil(options, async (claude) => {
    await act({ id, claude, release: () => writeFile(go, '') });
    claude.close();
  });
  return { ...run, id };
}

/** Waits until the tool call of `WAITS` runs. */
export const toolRuns = (claude: RunningClaude) =>
  claude.line('the tool call', (line) => JSON.stringify(line).includes('until [ -f'));

/** A tool call that runs until `release` is called. */
export const WAITS = () =>
  toolUse('Bash', { command: 'until [ -f $GO ]; do sleep 0.1; done; echo made' });
