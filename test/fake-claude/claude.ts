#!/usr/bin/env node
// A stand-in for the claude CLI. It accepts Baton's arguments and plays the script in its prompt: lines
// `#fake {...}` or `#fake [...]`, with the steps of actions.ts. Without a script it echoes the prompt.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { play } from './actions.ts';
import { type Flags, readFlags } from './flags.ts';
import { findScript, type Step } from './script.ts';
import { close, interrupt, open, printResult, put, type Stage, say } from './stage.ts';
import { openTranscript } from './transcript.ts';

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const VERSION = process.env['FAKE_CLAUDE_VERSION'] ?? '2.1.330';

function main(argv: string[]): void {
  const flags = readFlags(argv);
  if ('refused' in flags) refuse(flags.refused);
  else if (flags.has('version')) put(`${VERSION} (Claude Code)\n`);
  else run(flags, argv, readFileSync(0, 'utf8'));
}

function run(flags: Flags, argv: string[], prompt: string): void {
  const stage = setStage(flags, argv, prompt);
  if (stage === undefined) return;
  listen(stage);
  perform(stage, findScript(prompt, process.env, stage.transcript.prompts)).catch(
    (error: unknown) => {
      process.stderr.write(`fake claude: ${String(error)}\n`);
      process.exit(70);
    },
  );
}

async function perform(stage: Stage, script: Step[] | undefined): Promise<void> {
  if (script?.some((step) => step['unsaved'] === true)) stage.transcript.stop();
  open(stage, script?.[0]?.['init'] !== false);
  if (script === undefined) {
    say(stage, [
      `You said: ${stage.prompt.trim()} (earlier prompts: ${stage.transcript.prompts.length})`,
    ]);
  } else {
    await play(stage, script);
  }
  if (!stage.hasResult) printResult(stage, {});
  close(stage, stage.exitCode);
}

function setStage(flags: Flags, argv: string[], prompt: string): Stage | undefined {
  const resumed = flags.get('resume')?.[0];
  const chosen = flags.get('session-id')?.[0];
  const sessionId = resumed ?? chosen ?? randomUUID();
  const transcript = openTranscript(sessionId, process.env, process.cwd());
  if (!UUID.test(sessionId)) refuse('Error: Invalid session ID. Must be a valid UUID.');
  else if (chosen !== undefined && transcript.existed) {
    refuse(`Error: Session ID ${chosen} is already in use.`);
  } else if (resumed !== undefined && !transcript.existed) notFound(resumed);
  else {
    const model = flags.get('model')?.[0] ?? 'claude-fake-1';
    return {
      who: { sessionId, model, version: VERSION, cwd: process.cwd() },
      prompt,
      argv,
      env: process.env,
      transcript,
      startedAt: Date.now(),
      cost: 0.01,
      turns: 1,
      lastText: '',
      hasResult: false,
      exitCode: 0,
      ignored: new Set<string>(),
      isSilent: false,
      lingerMs: 0,
    };
  }
  return undefined;
}

function listen(stage: Stage): void {
  const on = (signal: NodeJS.Signals, end: () => never) =>
    process.on(signal, () => {
      if (!stage.ignored.has(signal)) setTimeout(end, stage.lingerMs);
    });
  on('SIGINT', () => {
    interrupt(stage);
    return close(stage, 0);
  });
  on('SIGTERM', () => close(stage, 143));
}

function notFound(id: string): void {
  const text = `No conversation found with session ID: ${id}`;
  const line = {
    type: 'result',
    subtype: 'error_during_execution',
    duration_ms: 0,
    duration_api_ms: 0,
    is_error: true,
    num_turns: 0,
    stop_reason: null,
    session_id: id,
    total_cost_usd: 0,
    usage: {},
    permission_denials: [],
    uuid: randomUUID(),
    errors: [text],
  };
  put(`${JSON.stringify(line)}\n`);
  refuse(text);
}

function refuse(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}

delete process.env['NODE_COMPILE_CACHE']; // the wrapper set it; all other variables come from Baton
main(process.argv.slice(2));
