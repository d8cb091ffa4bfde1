import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Step } from '../../../fake-claude/script.ts';
import { test } from '../../../support/fleet.ts';
import { waitFor } from '../../../support/wait.ts';

test.beforeAll(({ fleet }) => fleet.worker().then(() => undefined));

const LATE = expect.toSatisfy((ms: number) => ms > 200, 'a notable delay');

// What the CLI may do at its end, and what the session then says.
const ENDINGS: [string, { steps: Step[]; timeouts?: Record<string, number> }, object][] = [
  [
    'an answer completes the session',
    { steps: [{ say: 'forty-two' }] },
    { status: 'completed', result: { result: 'forty-two', is_error: false, num_turns: 1 } },
  ],
  [
    'a failed API call fails it, with the status, although the subtype says success',
    { steps: [{ api_error: 400 }] },
    {
      status: 'failed',
      error: 'API Error: 400 scripted failure',
      failure: { code: 'API_INVALID_REQUEST', api_error_status: 400, exit_code: 1, attempt: 1 },
      result: { subtype: 'success', is_error: true },
    },
  ],
  [
    'an end without a result line fails it, with what stderr said',
    { steps: [{ stderr: 'something broke' }, { result: false }, { exit: 1 }] },
    {
      status: 'failed',
      failure: { code: 'PROTOCOL', exit_code: 1, stderr_tail: 'something broke' },
    },
  ],
  [
    'of several result lines the last one is the answer, and their turns add up',
    {
      steps: [
        { result: { result: 'first', num_turns: 2 } },
        { say: 'later' },
        { result: { result: 'second', num_turns: 3 } },
      ],
    },
    { status: 'completed', result: { result: 'second', num_turns: 5 }, totals: { num_turns: 5 } },
  ],
  [
    'a last line without a line end is read',
    {
      steps: [
        { result: false },
        {
          raw: '{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"cut"}',
        },
      ],
    },
    { status: 'completed', result: { result: 'cut' } },
  ],
  [
    'a process that never exits after its answer is ended, and the answer stands',
    { steps: [{ say: 'done' }, { result: {} }, { hang: true }], timeouts: { exit_ms: 300 } },
    { status: 'completed', result: { result: 'done' }, attempts: [{ exit_late_ms: LATE }] },
  ],
  [
    'silence before the first init line is ended',
    { steps: [{ init: false }, { hang: true }], timeouts: { startup_ms: 400 } },
    { status: 'failed', failure: { code: 'STARTUP_TIMEOUT', retryable: true } },
  ],
  [
    'silence after a line is ended',
    { steps: [{ say: 'well' }, { hang: true }], timeouts: { idle_ms: 300 } },
    { status: 'failed', failure: { code: 'IDLE_TIMEOUT', retryable: true } },
  ],
  [
    'a process that keeps talking is ended by the wall clock',
    {
      steps: [{ say: 'and', times: 10_000, every_ms: 50 }],
      timeouts: { idle_ms: 2_000, wall_clock_ms: 1_500 },
    },
    { status: 'failed', failure: { code: 'WALL_CLOCK_TIMEOUT' } },
  ],
  [
    'a process that ignores SIGTERM is killed',
    {
      steps: [{ ignore: ['SIGTERM', 'SIGINT'] }, { say: 'no' }, { hang: true }],
      timeouts: { idle_ms: 300 },
    },
    { status: 'failed', failure: { code: 'IDLE_TIMEOUT', signal: 'SIGKILL' } },
  ],
  [
    'a process that is killed from elsewhere is told apart',
    { steps: [{ say: 'so' }, { kill: 'SIGKILL' }] },
    { status: 'failed', failure: { code: 'KILLED', signal: 'SIGKILL' } },
  ],
];

describe('the end of a run', () => {
  test.concurrent.for(ENDINGS)('%s', async ([, { steps, timeouts }, expected], { fleet }) => {
    const id = await fleet.play(steps, timeouts ? { timeouts } : {});
    const session = await fleet.ended(id);
    expect(session).toMatchObject(expected);
    expect(session.attempts).toHaveLength(1);
    expect(session.attempts[0]?.outcome).toBe(session.status);
    expect(session.lease.expires_at).toBeUndefined();
  });

  test.concurrent('a process that lives on after its answer is noted on the attempt', async ({
    fleet,
  }) => {
    const id = await fleet.play([{ say: 'done' }, { result: {} }, { sleep: 700 }]);
    const session = await fleet.ended(id);
    expect(session.status).toBe('completed');
    expect(session.attempts[0]?.exit_late_ms).toBeGreaterThan(400);
  });

  test.concurrent('what runs in a session of its own is gone when the session has ended', async ({
    fleet,
  }) => {
    const pidFile = join(fleet.root, 'descendant.pid');
    const id = await fleet.play([{ spawn: 'exec sleep 600', pid_file: pidFile }, { say: 'left' }]);
    expect((await fleet.ended(id)).status).toBe('completed');
    const pid = await readFile(pidFile, 'utf8');
    await waitFor('the descendant to be gone', () => !existsSync(`/proc/${pid}/environ`));
  });

  test('nothing of a run is left in the temporary directory', async ({ fleet }) => {
    await waitFor('the folders to be gone', async () => {
      const left = (await readdir(fleet.env['TMPDIR'] ?? '')).filter((name) =>
        name.startsWith('baton-'),
      );
      return left.length === 0;
    });
  });
});

describe('the lines of a run', () => {
  test.concurrent('what is no JSON object, is broken or unknown is kept', async ({ fleet }) => {
    const id = await fleet.play([
      { raw: 'a warning\n\n[1]\n{"type":"assistant","mess\n' },
      { raw: '{"no":"type"}\n{"type":"brand_new","n":1}\n' },
      { say: 'done' },
    ]);
    expect((await fleet.ended(id)).status).toBe('completed');
    const events = await fleet.events(id);
    expect(events.map(({ type, subtype }) => [type, subtype].filter(Boolean).join('/'))).toEqual([
      'user/prompt',
      'system/init',
      'noise',
      'noise',
      'garbage',
      'garbage',
      'brand_new',
      'assistant',
      'result/success',
    ]);
    expect(events.map(({ raw }) => raw)).toContain('{"type":"brand_new","n":1}');
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test.concurrent('NUL and bytes that are no UTF-8 harm nothing', async ({ fleet }) => {
    const odd = Buffer.concat([
      Buffer.from('{"type":"odd","a":"\0'),
      Buffer.from([0xff, 0xfe, 0xc3]),
      Buffer.from('"}\n{"type":"even"}\n'),
    ]);
    const id = await fleet.play([{ base64: odd.toString('base64') }, { say: 'done' }]);
    expect((await fleet.ended(id)).status).toBe('completed');
    const kept = (await fleet.events(id)).map(({ raw }) => raw);
    expect(kept).toContain('{"type":"even"}');
    expect(kept).toContain('{"type":"odd","a":"\0\uFFFD\uFFFD\uFFFD"}');
  });

  test.concurrent('a line of 5 MiB is cut, its length is told, and the next one is whole', async ({
    fleet,
  }) => {
    const id = await fleet.play([{ say: 'long', bytes: 5 * 1024 * 1024 }, { say: 'short' }]);
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'completed', result: { result: 'short' } });
    const [long, short] = (await fleet.events(id)).filter(({ type }) => type === 'assistant');
    expect(Buffer.byteLength(long?.raw ?? '')).toBeLessThanOrEqual(1024 * 1024);
    expect(long?.raw_bytes).toBeGreaterThan(5 * 1024 * 1024);
    expect(JSON.parse(short?.raw ?? '')).toMatchObject({ type: 'assistant' });
    expect(short?.raw_bytes).toBeUndefined();
  });
});
