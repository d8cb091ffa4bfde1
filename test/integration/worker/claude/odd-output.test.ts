// Bytes around JSON lines, output that is not JSON, and result lines that are foreign or too long to keep.
import { describe, expect } from 'vitest';
import type { Step } from '../../../fake-claude/script.ts';
import { test as base, type Fleet } from '../../../support/fleet.ts';

const KEY = 'sk-odd-output-0123456789';
const MIB = 1024 * 1024;

const test = base.extend<{ $file: { odd: Fleet } }>({
  odd: [
    async ({ fleet }, use) => {
      await fleet.worker({ ANTHROPIC_API_KEY: KEY });
      await use(fleet);
    },
    { scope: 'file' },
  ],
});

async function typesOf(fleet: Fleet, id: string): Promise<string[]> {
  return (await fleet.events(id)).map(({ type }) => type);
}

const END = JSON.stringify({
  type: 'result',
  subtype: 'success',
  is_error: false,
  num_turns: 1,
  result: 'forty-two',
  total_cost_usd: 0.5,
});

describe('in a run of the CLI,', () => {
  test.concurrent.for([
    ['a terminal title that ends with BEL', '\u001b]0;claude\u0007'],
    ['a byte order mark', '\ufeff'],
    ['a spinner', '⠋ Loading\r'],
    ['text with a brace', '{warn} '],
    ['another JSON object', '{"level":30}'],
  ])('%s before a JSON line is set aside, and the line is read', async ([, before], { odd }) => {
    const init = '{"type":"system","subtype":"init","session_id":"x"}';
    const steps = [
      { init: false },
      { raw: `${before}${init}\n${before}${END}` },
      { result: false },
    ];
    const session = await odd.ended(await odd.play(steps));
    expect(session).toMatchObject({
      status: 'completed',
      result: { result: 'forty-two' },
      totals: { cost_usd: 0.5, num_turns: 1 },
    });
    const types = await typesOf(odd, session.id);
    expect(types.filter((type) => type !== 'noise' && type !== 'garbage')).toEqual([
      'user',
      'system',
      'result',
    ]);
  });

  test.concurrent('two JSON lines without a line end between them are both read', async ({
    odd,
  }) => {
    const said = '{"type":"assistant","message":{"id":"m","content":[]}}';
    const id = await odd.play([{ raw: `${said}${END}\u001b[0m\r\n` }, { result: false }]);
    expect(await odd.ended(id)).toMatchObject({ status: 'completed', result: { num_turns: 1 } });
    const events = await odd.events(id);
    expect(events.map(({ raw }) => raw).slice(2, 4)).toEqual([said, END]);
  });

  test.concurrent('any event ends the startup timeout, but other output does not', async ({
    odd,
  }) => {
    const timeouts = { startup_ms: 8_000, idle_ms: 60_000 };
    const event = { line: { type: 'system', subtype: 'hook_started' } };
    const talks = await odd.play([{ init: false }, event, { sleep: 9_000 }], { timeouts });
    const hangs = await odd.play([{ init: false }, { raw: 'loading\n' }, { hang: true }], {
      timeouts,
    });
    expect((await odd.ended(talks)).status).toBe('completed');
    expect(await odd.ended(hangs)).toMatchObject({
      failure: { code: 'STARTUP_TIMEOUT', stdout_tail: 'loading' },
    });
  });
});

// Output that is not a JSON line, and the part of it that the failure shows.
const NO_LINES: [string, Step[], RegExp][] = [
  [
    '(an error and exit 1)',
    [{ raw: 'Welcome!\nError: your config is broken\n' }, { exit: 1 }],
    /^Welcome!\nError: your config is broken$/,
  ],
  ['(an array of all lines)', [{ raw: `[{"type":"system"},${END}]` }], /^\[\{.*forty-two.*\}\]$/],
  [
    '(a pretty-printed object)',
    [{ raw: JSON.stringify(JSON.parse(END), null, 2) }],
    /"forty-two",\n.*\n\}$/,
  ],
  ['(a coloured error)', [{ raw: '\u001b[31mError:\u001b[0m no\n' }, { exit: 1 }], /^Error: no$/],
  [
    '(bytes that are not UTF-8)',
    [{ base64: Buffer.from([0xff, 0x41, 0x0a]).toString('base64') }],
    /A$/,
  ],
];

describe('output that is not a JSON line', () => {
  test.concurrent.for(NO_LINES)(
    '%s is stored and shown in the failure',
    async ([, steps, tail], { odd }) => {
      const id = await odd.play([{ init: false }, { result: false }, ...steps]);
      const session = await odd.ended(id);
      const failure = { code: 'PROTOCOL', stdout_tail: expect.stringMatching(tail) };
      expect(session).toMatchObject({ status: 'failed', failure });
      expect(session.error).toContain(session.failure?.stdout_tail);
      const kept = (await odd.events(id)).slice(1);
      expect(kept.length).toBeGreaterThan(0);
      for (const { type } of kept) expect(['noise', 'garbage']).toContain(type);
    },
  );

  test.concurrent('is not shown in the failure if stderr has text', async ({ odd }) => {
    const said = [{ raw: 'banner\n' }, { stderr: 'what broke' }, { result: false }, { exit: 1 }];
    const { failure } = await odd.ended(await odd.play(said));
    expect(failure).toMatchObject({ code: 'PROTOCOL', stderr_tail: 'what broke' });
    expect(failure).not.toHaveProperty('stdout_tail');
  });

  test.concurrent('is limited in number and size, and its last event reports that output was dropped', async ({
    odd,
  }) => {
    const many = await odd.play([{ raw: 'no\n'.repeat(2_000) }, { say: 'done' }]);
    const long = await odd.play([{ raw: `${'x'.repeat(20_000)}\n`.repeat(40) }, { say: 'done' }]);
    for (const id of [many, long]) {
      expect((await odd.ended(id)).status).toBe('completed');
      const noise = (await odd.events(id)).filter(({ type }) => type === 'noise');
      expect(noise.length).toBeLessThanOrEqual(201);
      expect(Buffer.byteLength(noise.map(({ raw }) => raw).join(''))).toBeLessThan(MIB);
      expect(noise.map(({ subtype }) => subtype).filter(Boolean)).toEqual(['dropped']);
      expect(noise.at(-1)?.subtype).toBe('dropped');
    }
    const [first] = (await odd.events(long)).filter(({ type }) => type === 'noise');
    expect(first?.raw_bytes).toBe(20_000);
  });

  test.concurrent('shows no secret of the operator, in events or in the failure', async ({
    odd,
  }) => {
    // Base64, because the prompt is stored too and would hold the secret in plain text.
    const said = `key ${KEY}\n${'.'.repeat(16 * 1024 - 5)}${KEY}\n`;
    const base64 = Buffer.from(said).toString('base64');
    const id = await odd.play([{ base64 }, { result: false }, { exit: 1 }]);
    const session = await odd.ended(id);
    expect(session.failure).toMatchObject({ stdout_tail: expect.stringMatching(/\.\.\./) });
    const stored = JSON.stringify([session, await odd.events(id)]);
    for (let length = 8; length <= KEY.length; length += 1) {
      expect(stored).not.toContain(KEY.slice(0, length));
    }
  });
});

describe('a result line', () => {
  test.concurrent('of a sub-agent or an unknown session is stored and does not end the session', async ({
    odd,
  }) => {
    const other = '0197f0a0-9999-7000-8000-000000000001';
    const foreign = { result: 'not the answer', num_turns: 50, total_cost_usd: 90, is_error: true };
    const id = await odd.play(
      [
        { result: { ...foreign, parent_tool_use_id: 'toolu_1' } },
        { result: { ...foreign, session_id: other } },
        // This sleep is longer than the exit timeout, which foreign result lines do not start.
        { sleep: 1_200 },
        { say: 'the answer' },
        { result: {} },
        { result: { ...foreign, parent_tool_use_id: 'toolu_2' } },
      ],
      { timeouts: { exit_ms: 400 } },
    );
    const session = await odd.ended(id);
    expect(session).toMatchObject({
      status: 'completed',
      result: { result: 'the answer' },
      totals: { num_turns: 1, cost_usd: 0.01 },
    });
    expect((await typesOf(odd, id)).filter((type) => type === 'result')).toHaveLength(4);
  });

  test.concurrent('of a session that a later init line named ends the session', async ({ odd }) => {
    const session_id = '0197f0a0-9999-7000-8000-000000000002';
    const id = await odd.play([
      { init: { session_id } },
      { result: { session_id, result: 'new' } },
    ]);
    expect(await odd.ended(id)).toMatchObject({ status: 'completed', result: { result: 'new' } });
  });

  test.concurrent.for([
    ['an answer', {}, { status: 'completed', result: { is_error: false } }],
    [
      'an error',
      { is_error: true, terminal_reason: 'prompt_too_long' },
      { status: 'failed', failure: { code: 'PROMPT_TOO_LONG' }, result: { is_error: true } },
    ],
  ] as const)(
    'of 20 MiB decides how the session ends: %s',
    async ([, fields, expected], { odd }) => {
      const cost = { total_cost_usd: 0.75, num_turns: 7, session_id: undefined };
      const id = await odd.play([
        { say: 'x' },
        { result: { ...fields, ...cost }, bytes: 20 * MIB },
      ]);
      const session = await odd.ended(id);
      expect(session).toMatchObject({ ...expected, totals: { cost_usd: 0.75, num_turns: 7 } });
      expect(session.result).toMatchObject({ num_turns: 7, truncated: ['result'] });
      expect(session.result?.result).toMatch(/^x\.{1000}/);
      const event = (await odd.events(id)).at(-1);
      expect(event).toMatchObject({ type: 'result', subtype: 'success' });
      expect(event?.raw_bytes).toBeGreaterThan(20 * MIB);
    },
  );
});
