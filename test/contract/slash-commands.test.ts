// What the CLI does with prompts that begin with a slash, and how its lines differ between the cases.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Reply, text } from '../support/messages-api/reply.ts';
import type { Line } from '../support/real-claude.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';
import { entriesOf, savedCost } from './transcript.ts';

const ID = '0197f0a0-7777-7000-8000-000000000001';

let cli: Cli;
beforeEach(async () => {
  cli = await makeCli();
});
afterEach(() => cli.remove());

const REFUSED: Reply = {
  kind: 'failure',
  status: 400,
  type: 'invalid_request_error',
  message: 'no',
  headers: {},
};

async function begin(): Promise<void> {
  await cli.run({ script: [text('one')], args: [`--session-id=${ID}`], prompt: 'hi' });
}

const resume = (prompt: string, reply: Reply = text('two'), id = ID) =>
  cli.run({ script: () => reply, args: [`--resume=${id}`], prompt });

/** The fields of the last result line that differ between the cases. */
function verdict({ results }: CliRun) {
  const last = results.at(-1);
  return {
    is_error: last?.['is_error'],
    num_turns: last?.['num_turns'],
    local_command: last?.['local_command'],
  };
}

const sourceOf = (run: CliRun) =>
  run.lines.map((line) => line['local_command_source']).find((source) => source !== undefined);
const isInit = (line: Line) => line.subtype === 'init';

describe('a slash command', () => {
  test.each(['/help', '/login', '/resume'])(
    '%s is known but not run, with 0 turns and no local_command',
    async (prompt) => {
      await begin();
      const run = await resume(prompt);
      expect(verdict(run)).toEqual({ is_error: false, num_turns: 0, local_command: undefined });
      expect(run.results[0]?.['result']).toContain(`${prompt} isn't available`);
      expect(run.requests).toEqual([]);
    },
  );

  test.each(['context', 'config'])(
    '/%s is run by the CLI itself, with 0 turns and its name in local_command',
    async (name) => {
      await begin();
      const run = await resume(`/${name}`);
      expect(verdict(run)).toEqual({ is_error: false, num_turns: 0, local_command: name });
      expect(sourceOf(run)).toMatch(/^<local-command-stdout>/);
      expect(run.requests).toEqual([]);
    },
  );

  test('/compact that worked has its name in local_command and an empty result', async () => {
    await begin();
    const run = await resume('/compact', text('in short'));
    expect(verdict(run)).toEqual({ is_error: false, num_turns: 0, local_command: 'compact' });
    expect(sourceOf(run)).toBeUndefined();
    expect(run.lines.map(({ subtype }) => subtype)).toContain('compact_boundary');
  });

  test.each([
    ['without messages', false, 'No messages to compact'],
    ['that the API refused', true, 'API Error: 400'],
  ])('/compact %s reports its failure only on its stderr', async (_, isBegun, said) => {
    if (isBegun) await begin();
    const args = [isBegun ? `--resume=${ID}` : `--session-id=${ID}`];
    const run = await cli.run({ script: () => REFUSED, args, prompt: '/compact' });
    expect(verdict(run)).toEqual({ is_error: false, num_turns: 0, local_command: 'compact' });
    expect(sourceOf(run)).toMatch(/^<local-command-stderr>/);
    expect(sourceOf(run)).toContain(said);
  });

  test('that is unknown is sent as text, with a note to the model', async () => {
    await begin();
    const run = await resume('/nosuch thing');
    expect(verdict(run)).toMatchObject({ num_turns: 1 });
    expect(run.requests[0]?.prompt).toBe('/nosuch thing');
    expect(JSON.stringify(run.requests[0]?.body.messages)).toContain('did not run');
  });

  test.each([' /clear', ' /nosuch thing'])(
    'with a space before it is sent as text unchanged: %j',
    async (prompt) => {
      await begin();
      const run = await resume(prompt);
      const content = run.requests[0]?.body.messages.at(-1)?.content;
      expect(content).toContainEqual(expect.objectContaining({ type: 'text', text: prompt }));
      expect(JSON.stringify(content)).not.toContain('did not run');
    },
  );
});

describe.each(['/clear', '/new and more'])('%s', (prompt) => {
  test('starts an empty conversation, which has the id of the init line and a cost of zero', async () => {
    await begin();
    const before = await cli.home.readTranscript(ID);
    const run = await resume(prompt);
    const types = run.lines.map(({ type, subtype }) => subtype ?? type);
    expect(types.indexOf('conversation_reset')).toBeLessThan(types.indexOf('init'));
    const reset = run.lines.find(({ type }) => type === 'conversation_reset');
    const id = String(run.lines.find(isInit)?.['session_id']);
    expect(id).not.toBe(ID);
    expect(reset?.['new_conversation_id']).not.toBe(id);
    expect(run.results[0]).toMatchObject({ session_id: id, total_cost_usd: 0, num_turns: 0 });
    expect(savedCost(await entriesOf(cli.home, id))).toBe(0);
    expect((await cli.home.readTranscript(ID))?.startsWith(before ?? '-')).toBe(true);

    const after = await resume('what now', text('nothing'), id);
    expect(after.requests[0]?.prompts).not.toContain('hi');
    expect(after.results[0]).toMatchObject({ session_id: id, num_turns: 1 });
  });
});
