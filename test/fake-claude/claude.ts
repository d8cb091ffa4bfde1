#!/usr/bin/env node
// A stand-in for the claude CLI. It accepts Baton's arguments and stdin, and plays the script in
// each message: lines `#fake {...}` or `#fake [...]`, with the steps of actions.ts. A message
// without a script is echoed.
import { randomUUID } from 'node:crypto';
import { play } from './actions.ts';
import { type Flags, readFlags } from './flags.ts';
import { type Inbox, type Message, openInbox } from './inbox.ts';
import { findScript } from './script.ts';
import { begin, close, interrupt, print, printResult, put, type Stage, say } from './stage.ts';
import { printState } from './take-in.ts';
import { openTranscript } from './transcript.ts';

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const VERSION = process.env['FAKE_CLAUDE_VERSION'] ?? '2.1.330';

function main(argv: string[]): void {
  const flags = readFlags(argv);
  if ('refused' in flags) refuse(flags.refused);
  else if (flags.has('version')) put(`${VERSION} (Claude Code)\n`);
  else run(flags, argv);
}

function run(flags: Flags, argv: string[]): void {
  const stage = setStage(flags, argv);
  if (stage === undefined) return;
  listen(stage);
  const inbox = openInbox(listenerOf(stage));
  stage.inbox = inbox;
  converse(stage, inbox).catch((error: unknown) => {
    process.stderr.write(`fake claude: ${String(error)}\n`);
    process.exit(70);
  });
}

/** Takes a turn for each message, or for several that waited together, until stdin has ended. */
async function converse(stage: Stage, inbox: Inbox): Promise<void> {
  for (let messages = await inbox.next(); messages !== null; messages = await inbox.next()) {
    const stopped = new Promise<void>((resolve) => {
      stage.stopTurn = resolve;
    });
    stage.prompt = messages.map(({ text }) => text).join('\n');
    stage.takenIn = messages.map(({ uuid }) => uuid);
    await Promise.race([takeTurn(stage, messages), stopped]);
    for (const uuid of stage.takenIn) printState(stage, uuid, 'completed');
  }
  close(stage, stage.exitCode);
}

async function takeTurn(stage: Stage, messages: readonly Message[]): Promise<void> {
  const script = findScript(stage.prompt, process.env, stage.transcript.prompts);
  if (script?.some((step) => step['unsaved'] === true)) stage.transcript.stop();
  for (const { uuid } of messages) printState(stage, uuid, 'started');
  begin(stage, messages, script?.[0]?.['init'] !== false);
  if (script === undefined) {
    say(stage, [
      `You said: ${stage.prompt.trim()} (earlier prompts: ${stage.transcript.prompts.length})`,
    ]);
  } else {
    await play(stage, script);
  }
  if (stage.endsAfterTurn) close(stage, stage.exitCode);
  if (!stage.hasResult) printResult(stage, {});
}

function listenerOf(stage: Stage) {
  const seen = new Set(stage.transcript.uuids);
  return {
    arrived({ uuid }: Message) {
      const isNew = !seen.has(uuid);
      seen.add(uuid);
      printState(stage, uuid, isNew ? 'queued' : 'completed');
      return isNew;
    },
    asked({ subtype }: Record<string, unknown>) {
      if (subtype === 'interrupt' && !stage.ignored.has('SIGINT')) {
        setTimeout(() => stopTurn(stage), stage.lingerMs);
      }
      return subtype === 'initialize' || subtype === 'interrupt' ? {} : undefined;
    },
    withdrawn: (uuid: string) => printState(stage, uuid, 'cancelled'),
    print: (line: Record<string, unknown>) => print(stage, [line]),
  };
}

function stopTurn(stage: Stage): void {
  interrupt(stage);
  if (stage.isSilent) close(stage, 0);
  stage.exitCode = 1;
  stage.stopTurn();
}

function setStage(flags: Flags, argv: string[]): Stage | undefined {
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
      prompt: '',
      argv,
      env: process.env,
      transcript,
      startedAt: Date.now(),
      cost: 0.01,
      turns: 1,
      lastText: '',
      hasResult: false,
      endsAfterTurn: false,
      exitCode: 0,
      ignored: new Set<string>(),
      isSilent: false,
      lingerMs: 0,
      inbox: { take: () => [], holds: () => false },
      takenIn: [],
      stopTurn: () => undefined,
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
