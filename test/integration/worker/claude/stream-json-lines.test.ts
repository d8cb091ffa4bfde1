// Every known shape of stream-json goes through a whole worker, which stores it and ends the session.
import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { type Fleet, test } from '../../../support/fleet.ts';

test.beforeAll(({ fleet }) => fleet.worker().then(() => undefined));

const FIXTURES = new URL('../../../fixtures/', import.meta.url);

// Recordings of the real CLI (test/fixtures), and how a session that prints them ends.
const RECORDED: [string, object][] = [
  ['answered', { status: 'completed', result: { is_error: false } }],
  ['tool-use', { status: 'completed', result: { num_turns: 2 } }],
  ['thinking', { status: 'completed' }],
  ['sub-agent', { status: 'completed' }],
  ['structured-output', { status: 'completed', result: { structured_output: expect.anything() } }],
  ['denied-tool', { status: 'completed', result: { permission_denials: [expect.any(Object)] } }],
  ['retried', { status: 'completed' }],
  ['max-turns', { status: 'failed', failure: { code: 'MAX_TURNS' } }],
  ['budget', { status: 'failed', failure: { code: 'BUDGET_EXCEEDED' } }],
  ['api-error-400', { status: 'failed', failure: { code: 'API_INVALID_REQUEST' } }],
  ['api-error-401', { status: 'failed', failure: { code: 'AUTHENTICATION' } }],
  ['api-error-429', { status: 'failed', failure: { code: 'RATE_LIMITED' } }],
  ['api-error-529', { status: 'failed', failure: { code: 'OVERLOADED' } }],
  ['connection-lost', { status: 'failed', failure: { code: 'CONNECTION' } }],
  ['not-found', { status: 'failed', failure: { code: 'CONVERSATION_NOT_FOUND' } }],
  ['interrupted', { status: 'failed', failure: { code: 'EXECUTION_ERROR' } }],
  ['killed', { status: 'failed', failure: { code: 'PROTOCOL' } }],
];

const init = { type: 'system', subtype: 'init', session_id: 's', model: 'claude-opus-5-5' };
const user = (content: unknown) => ({ type: 'user', message: { role: 'user', content } });
const toolResult = (content: unknown) => [{ type: 'tool_result', tool_use_id: 't', content }];

// Shapes that earlier programs lost, dropped or could not parse.
const DRIFTED: [string, object][] = [
  ['a tool result whose content is a list', user(toolResult([{ type: 'text', text: 'x' }]))],
  ['a user message that is a bare text', user('go on')],
  ['a thinking block', { type: 'assistant', message: { content: [{ type: 'thinking' }] } }],
  [
    'a block of a type to come',
    { type: 'assistant', message: { content: [{ type: 'tomorrow' }] } },
  ],
  ["a sub-agent's line", { ...user(toolResult('x')), parent_tool_use_id: 'toolu_1' }],
  ['an MCP server that failed', { ...init, mcp_servers: [{ name: 'a', status: 'failed' }] }],
];

/** Runs a session that prints this text, and returns the lines that are stored. */
async function print(fleet: Fleet, text: string): Promise<{ id: string; stored: string[] }> {
  const id = await fleet.play([{ init: false }, { raw: text }, { result: false }]);
  await fleet.ended(id);
  const [, ...events] = await fleet.events(id);
  return { id, stored: events.map(({ raw }) => raw) };
}

describe('a session that prints', () => {
  test.concurrent.for(RECORDED)(
    'the recording %s stores every line and ends as expected',
    async ([name, expected], { fleet }) => {
      const text = await readFile(new URL(`${name}.jsonl`, FIXTURES), 'utf8');
      const { id, stored } = await print(fleet, text);
      // Partial messages are only streamed (partials.test.ts); all other lines are stored.
      const lines = text.trimEnd().split('\n');
      expect(stored).toEqual(lines.filter((line) => !line.includes('"type":"stream_event"')));
      expect(await fleet.session(id)).toMatchObject(expected);
    },
  );

  test.concurrent.for(DRIFTED)('%s stores it unchanged', async ([, shape], { fleet }) => {
    const result = { type: 'result', subtype: 'success', is_error: false, num_turns: 1 };
    const lines = [init, shape, result].map((line) => JSON.stringify(line));
    const { id, stored } = await print(fleet, `${lines.join('\n')}\n`);
    expect(stored).toEqual(lines);
    expect((await fleet.session(id)).status).toBe('completed');
  });
});
