// Records test/fixtures/*.jsonl anew from the CLI under test: node test/contract/record-fixture.ts
import { mkdir, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { failure, rateLimited } from '../support/messages-api/failure.ts';
import { cut, hang, text, thought, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import {
  type Cli,
  halfAnAnswer,
  makeCli,
  onHalfAnAnswer,
  onPromptSaved,
  type RunOptions,
} from './cli.ts';
import { bytesOf } from './transcript.ts';

const ID = '0197f0a0-0000-7000-8000-0000000000aa';
const FOLDER = fileURLToPath(new URL('../fixtures/', import.meta.url));
// Keeps the recorded lines short: few tools, a short system prompt, no skills.
const SMALL = ['--tools=Bash,Agent', '--system-prompt=Be brief.', '--disable-slash-commands'];
const BASH = '--allowedTools=Bash';

const withSubAgent = (request: MessagesRequest) => {
  if (request.fromSubAgent) return text('42');
  if (request.notified) return text('The agent says 42.');
  if (request.toolResults.length > 0) return text('An agent is looking.');
  const input = { description: 'look', prompt: 'look', subagent_type: 'general-purpose' };
  return toolUse('Agent', input);
};
const dear = toolUse('Bash', { command: 'true' }, { usage: { output_tokens: 1_000_000 } });
const schema = '{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}';

type Case = RunOptions & { stop?: 'half' | 'SIGKILL' };

const CASES: Record<string, Case> = {
  answered: { script: [text('It is blue.')] },
  thinking: { script: [thought('Which one?', 'It is blue.')] },
  'tool-use': {
    script: [toolUse('Bash', { command: 'echo made' }, { say: 'I look.' }), text('It says made.')],
    args: [BASH],
  },
  'denied-tool': {
    script: [toolUse('Bash', { command: 'touch /etc/forbidden' }), text('I may not.')],
  },
  'sub-agent': { script: withSubAgent },
  'structured-output': {
    script: [toolUse('StructuredOutput', { name: 'Ada' }), text('done')],
    args: [`--json-schema=${schema}`],
  },
  retried: {
    script: [rateLimited(0), text('It is blue.')],
    env: { CLAUDE_CODE_MAX_RETRIES: '1' },
  },
  'api-error-400': { script: [failure(400)] },
  'api-error-401': { script: [failure(401)] },
  'api-error-429': { script: [rateLimited(100)] },
  'api-error-529': { script: [failure(529)] },
  'connection-lost': { script: [cut()] },
  'max-turns': {
    script: [toolUse('Bash', { command: 'true' })],
    args: [BASH, '--max-turns=1'],
  },
  budget: { script: [dear], args: [BASH, '--max-budget-usd=0.01'] },
  interrupted: { script: [halfAnAnswer()], args: ['--include-partial-messages'], stop: 'half' },
  killed: { script: [hang()], stop: 'SIGKILL' },
  'not-found': { script: [text('never')] },
};

async function record(name: string, { stop, ...options }: Case): Promise<void> {
  const cli = await makeCli();
  const id = name === 'not-found' ? `--resume=${ID}` : `--session-id=${ID}`;
  const args = [...SMALL, id, ...(options.args ?? [])];
  const stopping = stop === undefined ? async () => undefined : stopper(cli, stop);
  const run = await cli.runUntil({ ...options, args, prompt: 'name a colour' }, stopping);
  await write(`${name}.jsonl`, run.stdout, cli);
  if (name === 'answered' || name === 'killed') {
    await write(`${name}.transcript.jsonl`, essence(await bytesOf(cli.home, ID)), cli);
  }
  await cli.remove();
}

function stopper(cli: Cli, stop: 'half' | NodeJS.Signals) {
  return stop === 'half'
    ? onHalfAnAnswer('SIGINT')
    : onPromptSaved(cli.home, ID, 'name a colour', stop);
}

// Leaves out the vendor's own prompts and tool descriptions.
function essence(transcript: string): string {
  const isOwn = (line: string) => !/"attachment":|"type":"api-request-(blob|shape)"/.test(line);
  return transcript.split('\n').filter(isOwn).join('\n');
}

// Writes a recording without paths, ports or the kernel version of this machine.
async function write(name: string, bytes: string, cli: Cli): Promise<void> {
  const clean = bytes
    .replaceAll(cli.home.workDir, '/workspace')
    .replaceAll(cli.home.root, '/sandbox')
    .replaceAll(/-tmp-baton-claude-\w+-work/g, '-workspace')
    .replaceAll(/claude-\d+\//g, 'claude-1000/')
    .replaceAll(release(), '6.0.0')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:8080');
  await writeFile(`${FOLDER}${name}`, clean);
}

await mkdir(FOLDER, { recursive: true });
for (const [name, options] of Object.entries(CASES)) await record(name, options);
