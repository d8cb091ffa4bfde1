// Runs the examples as readers do, against a real API and a real worker with the fake CLI.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished } from 'vitest';
import { cacheDir } from '../../../tools/dev-services/environment.ts';
import { createGuardian } from '../../../tools/dev-services/guardian.ts';
import { findOnPath } from '../../../tools/dev-services/on-path.ts';
import { installWheel } from '../../../tools/dev-services/wheel.ts';
import { databaseUrl } from '../../support/api.ts';
import { test as base, type Fleet } from '../../support/fleet.ts';
import { type KeyedApi, openKeyedApi } from '../../support/keyed-api.ts';
import { redisUrl } from '../../support/services.ts';
import { waitFor } from '../../support/wait.ts';

// The first run installs the packages of the Python example.
const INSTALL_MS = 120_000;

const EXAMPLES = join(import.meta.dirname, '../../../examples');

interface Location {
  api: KeyedApi;
  /** The environment of the HTTP examples: the API's address and a key. */
  http: Record<string, string>;
  fleet: Fleet;
}

const test = base.extend<{ $file: { location: Location } }>({
  location: [
    async ({ fleet, databaseName, queuePrefix }, use) => {
      await fleet.worker();
      const at = { redis: redisUrl(), mongodb: databaseUrl(databaseName), prefix: queuePrefix };
      const api = await openKeyedApi(at);
      const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
      const { text } = await api.keys.create({ name: 'examples', tenant: 'a', scope: 'write' });
      await use({ api, fleet, http: { BATON_URL: url, BATON_API_KEY: text } });
      await api.close();
    },
    { scope: 'file' },
  ],
});

interface Answered {
  sessions: { id: string; status: string; answer: string }[];
  error?: { code: string };
}

describe('examples/typescript-service', () => {
  test('answers each question and follow-up once, even if it is started twice', async ({
    location,
  }) => {
    const questions = [
      { id: 'q-1', text: 'What is Baton?', follow_up: 'And why?' },
      { id: 'q-2', text: '' },
    ];
    const { out, err } = await serve(location, questions);
    const [first, second] = out;
    expect(first).toMatchObject({
      id: 'q-1',
      sessions: [
        { status: 'completed', answer: 'You said: What is Baton? (earlier prompts: 0)' },
        { status: 'completed', answer: 'You said: And why? (earlier prompts: 1)' },
      ],
    });
    expect(second?.error).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(err).toMatch(/^[0-9a-f-]{36} 2 system$/m);
    const again = await serve(location, questions);
    expect(again.out).toEqual(out);
  });
});

describe('examples/terminal-chat', () => {
  test('shows the answer to each line, whether its session still runs or has ended', async ({
    location,
  }) => {
    const file = join(EXAMPLES, 'terminal-chat/chat.ts');
    const env = { PATH: process.env['PATH'], ...location.http };
    const run = promisify(execFile)(process.execPath, [file], { env });
    const { stdin, stdout } = run.child;
    let shown = '';
    stdout?.on('data', (text) => {
      shown += text;
    });
    const says = async (line: string, answer: string) => {
      stdin?.write(`${line}\n`);
      await waitFor(`the answer ${answer}`, async () => shown.includes(answer));
    };
    await says('one', 'claude: You said: one (earlier prompts: 0)');
    await says('two', 'claude: You said: two (earlier prompts: 1)');
    const { sessions } = await sessionsOf(location);
    await location.fleet.ended(sessions[0]?.id ?? '');
    await says('three', 'claude: You said: three (earlier prompts: 2)');
    stdin?.end();
    await run;
    expect(shown.match(/^you: .*$/gm)).toEqual(['you: one', 'you: two', 'you: three']);
    expect(shown).not.toContain('[');
  });

  test('waits for the last answer, and says if the API refuses a line', async ({ location }) => {
    const file = join(EXAMPLES, 'terminal-chat/chat.ts');
    const env = { PATH: process.env['PATH'], ...location.http };
    const run = promisify(execFile)(process.execPath, [file], { env });
    run.child.stdin?.end('\u200b\nhello\n');
    const { stdout } = await run;
    expect(stdout).toMatch(/^\[INVALID_REQUEST\] .*\nyou: hello\nclaude: You said: hello /);
  });
});

describe('examples/curl.sh', () => {
  test('launches, follows and continues a session and reads the conversation', async ({
    location,
  }) => {
    const curl = await findOnPath('curl', process.env['PATH']);
    if (!curl) throw new Error('expected curl on PATH: install it (Debian: apt-get install curl)');
    const env = { PATH: process.env['PATH'], ...location.http };
    const args = ['Say "one"', 'Say two'];
    const { stdout } = await promisify(execFile)(join(EXAMPLES, 'curl.sh'), args, { env });
    expect(stdout.match(/^event: end$/gm)).toHaveLength(2);
    expect(stdout).toContain('You said: Say \\"one\\" (earlier prompts: 0)');
    expect(stdout).toContain('You said: Say two (earlier prompts: 1)');
    const { events } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(new Set(events.map((event: { session_id: string }) => event.session_id)).size).toBe(2);
  });
});

describe('examples/python-service', () => {
  test(
    'enqueues one session for each name, through Redis only',
    async ({ location: { fleet } }) => {
      const python = await pythonOf();
      const run = async (...args: string[]) => {
        const env = { REDIS_URL: redisUrl(), QUEUE_PREFIX: fleet.env['QUEUE_PREFIX'] };
        const file = join(EXAMPLES, 'python-service/service.py');
        return (await promisify(execFile)(python, [file, ...args], { env })).stdout.trim();
      };
      const id = await run('launch', 'order-17', 'Write a haiku');
      const parent = await fleet.ended(id);
      expect(parent).toMatchObject({ id, status: 'completed', tags: ['python'] });
      const child = await fleet.ended(await run('continue', 'order-17-german', id, 'In German'));
      expect(child.result?.result).toBe('You said: In German (earlier prompts: 1)');
      expect(await run('launch', 'order-17', 'Write a haiku')).toBe(id);
      expect((await fleet.session(id)).attempts).toHaveLength(1);
    },
    INSTALL_MS,
  );

  test(
    'enqueues no job that Baton would refuse',
    async ({ location: { fleet } }) => {
      const python = await pythonOf();
      const file = join(EXAMPLES, 'python-service/service.py');
      const env = { REDIS_URL: redisUrl(), QUEUE_PREFIX: fleet.env['QUEUE_PREFIX'] };
      const before = await fleet.queue.getJobCounts();
      const run = promisify(execFile)(python, [file, 'launch', 'order-18', ''], { env });
      await expect(run).rejects.toThrow('jsonschema.exceptions.ValidationError');
      expect(await fleet.queue.getJobCounts()).toEqual(before);
    },
    INSTALL_MS,
  );
});

/** Runs the service with these questions until it exits. */
async function serve(
  { http }: Location,
  questions: object[],
): Promise<{ out: Answered[]; err: string }> {
  const file = join(EXAMPLES, 'typescript-service/service.ts');
  const env = { PATH: process.env['PATH'], ...http };
  const run = promisify(execFile)(process.execPath, [file], { env });
  run.child.stdin?.end(questions.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const { stdout, stderr } = await run;
  const lines = stdout.trim().split('\n');
  return { out: lines.map((line): Answered => JSON.parse(line)), err: stderr };
}

/** Lists the sessions, newest first. */
async function sessionsOf({ http }: Location): Promise<{ sessions: { id: string }[] }> {
  const headers = { authorization: `Bearer ${http['BATON_API_KEY']}` };
  const response = await fetch(`${http['BATON_URL']}/v1/sessions`, { headers });
  return (await response.json()) as { sessions: { id: string }[] };
}

/** Returns the path of a Python with the packages of requirements.txt. Throws without a Python. */
async function pythonOf(): Promise<string> {
  const guardian = createGuardian(process.env);
  onTestFinished(guardian.close);
  const cache = cacheDir(process.env);
  const log = (line: string) => console.error(`examples: ${line}`);
  const pins = join(EXAMPLES, 'python-service/requirements.txt');
  const wheel = { name: 'python-service', version: '1', pins };
  const venv = await installWheel(wheel, { env: process.env, cache, guardian, log });
  return join(venv, 'bin', 'python');
}
