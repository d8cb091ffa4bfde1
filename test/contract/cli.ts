import { defined } from '@baton/core/internal';
import { type ClaudeHome, makeClaudeHome } from '../support/claude-home.ts';
import { type MessagesApi, startMessagesApi } from '../support/messages-api/messages-api.ts';
import { type Reply, text } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import type { Script } from '../support/messages-api/script.ts';
import {
  type ClaudeOptions,
  type ClaudeRun,
  type RunningClaude,
  startClaude,
} from '../support/real-claude.ts';
import { waitFor } from '../support/wait.ts';

/** How one run of the CLI differs from a plain run. */
export type RunOptions = Omit<ClaudeOptions, 'home' | 'apiUrl' | 'bin'> & { script: Script };

/** A finished run and the requests that it sent to the API. */
export type CliRun = ClaudeRun & { requests: MessagesRequest[]; otherCalls: string[] };

/** The CLI under test, with its own home. */
export interface Cli {
  home: ClaudeHome;
  /** Runs the CLI to its end against a new scripted API. */
  run(options: RunOptions): Promise<CliRun>;
  /**
   * Starts the CLI, calls `stop`, and waits for the end. `stop` may send a signal or release a
   * gate.
   */
  runUntil(
    options: RunOptions,
    stop: (claude: RunningClaude, api: MessagesApi) => Promise<unknown>,
  ): Promise<CliRun>;
  remove(): Promise<void>;
}

/** Makes a home for the CLI under test, or for another executable that replaces it. */
export async function makeCli(bin?: string): Promise<Cli> {
  const home = await makeClaudeHome();
  const cli: Cli = {
    home,
    run: (options) => cli.runUntil(options, async () => undefined),
    async runUntil({ script, ...options }, stop) {
      const api = await startMessagesApi({ script });
      const claude = startClaude({ ...options, ...defined({ bin }), home, apiUrl: api.url });
      try {
        await stop(claude, api);
        const run = await claude.done;
        return { ...run, requests: api.requests, otherCalls: api.otherCalls };
      } finally {
        if (claude.child.exitCode === null) claude.child.kill('SIGKILL');
        await api.stop();
      }
    },
    remove: () => home.remove(),
  };
  return cli;
}

/** Sends the signal when the CLI has saved the prompt, which is a little after its first call. */
export function onPromptSaved(
  home: ClaudeHome,
  id: string,
  prompt: string,
  signal: NodeJS.Signals,
) {
  const saved = `"message":{"role":"user","content":[{"type":"text","text":"${prompt}`;
  return async (claude: RunningClaude): Promise<void> => {
    const isSaved = async () => (await home.readTranscript(id))?.includes(saved);
    await waitFor('the prompt in the transcript', isSaved);
    process.kill(claude.pid, signal);
  };
}

/** An answer that stops after its first words and never ends. */
export function halfAnAnswer(): Reply {
  return text(['half ', 'of ', 'it'], {
    pace: (piece) => (piece < 2 ? Promise.resolve() : new Promise(() => undefined)),
  });
}

/** Sends the signal once the CLI has printed half of the answer. Needs --include-partial-messages. */
export function onHalfAnAnswer(signal: NodeJS.Signals) {
  return async (claude: RunningClaude): Promise<void> => {
    await claude.line('the half', (line) => JSON.stringify(line).includes('"text":"of "'));
    process.kill(claude.pid, signal);
  };
}
