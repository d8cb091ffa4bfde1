import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Step } from '../../../fake-claude/script.ts';
import { test } from '../../../support/fleet.ts';
import { waitFor } from '../../../support/wait.ts';

test.beforeAll(({ fleet }) => fleet.worker().then(() => undefined));

const LATE = expect.toSatisfy((ms: number) => ms > 200, 'a notable delay');

// How a run of the CLI may end, and the session document that follows.
const ENDINGS: [string, { steps: Step[]; timeouts?: Record<string, number> }, object][] = [
  [
    'a session with an answer completes',
    { steps: [{ say: 'forty-two' }] },
    { status: 'completed', result: { result: 'forty-two', is_error: false, num_turns: 1 } },
  ],
  [
    'a session whose API call failed fails with the API’s status, although the subtype is success',
    { steps: [{ api_error: 400 }] },
    {
      status: 'failed',
      error: 'API Error: 400 scripted failure',
      failure: { code: 'API_INVALID_REQUEST', api_error_status: 400, exit_code: 1, attempt: 1 },
      result: { subtype: 'success', is_error: true },
    },
  ],
  [
    'a session without a result line fails with the end of stderr',
    { steps: [{ stderr: 'something broke' }, { result: false }, { exit: 1 }] },
    {
      status: 'failed',
      failure: { code: 'PROTOCOL', exit_code: 1, stderr_tail: 'something broke' },
    },
  ],
  [
    'a session with several result lines has the last result and the sum of their turns',
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
    'a process that does not exit after its answer is ended, and the session completes',
    { steps: [{ say: 'done' }, { result: {} }, { hang: true }], timeouts: { exit_ms: 300 } },
    { status: 'completed', result: { result: 'done' }, attempts: [{ exit_late_ms: LATE }] },
  ],
  [
    'a process that prints no init line is ended after the startup timeout',
    { steps: [{ init: false }, { hang: true }], timeouts: { startup_ms: 400 } },
    { status: 'failed', failure: { code: 'STARTUP_TIMEOUT', retryable: true } },
  ],
  [
    'a process that stays silent after a line is ended after the idle timeout',
    { steps: [{ say: 'well' }, { hang: true }], timeouts: { idle_ms: 300 } },
    { status: 'failed', failure: { code: 'IDLE_TIMEOUT', retryable: true } },
  ],
  [
    'a process that prints without end is ended after the wall clock timeout',
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
    'a process that something else killed fails its session with KILLED',
    { steps: [{ say: 'so' }, { kill: 'SIGKILL' }] },
    { status: 'failed', failure: { code: 'KILLED', signal: 'SIGKILL' } },
  ],
];

describe('at the end of a run,', () => {
  test.concurrent.for(ENDINGS)('%s', async ([, { steps, timeouts }, expected], { fleet }) => {
    const id = await fleet.play(steps, timeouts ? { timeouts } : {});
    const session = await fleet.ended(id);
    expect(session).toMatchObject(expected);
    expect(session.attempts).toHaveLength(1);
    expect(session.attempts[0]?.outcome).toBe(session.status);
    expect(session.lease.expires_at).toBeUndefined();
  });

  test.concurrent('an attempt records how long after its answer the process exited', async ({
    fleet,
  }) => {
    const id = await fleet.play([{ say: 'done' }, { result: {} }, { sleep: 700 }]);
    const session = await fleet.ended(id);
    expect(session.status).toBe('completed');
    expect(session.attempts[0]?.exit_late_ms).toBeGreaterThan(400);
  });

  test.concurrent('a tool’s process that has its own process session is gone after the end', async ({
    fleet,
  }) => {
    const pidFile = join(fleet.root, 'descendant.pid');
    const id = await fleet.play([{ spawn: 'exec sleep 600', pid_file: pidFile }, { say: 'left' }]);
    expect((await fleet.ended(id)).status).toBe('completed');
    const pid = await readFile(pidFile, 'utf8');
    await waitFor('the descendant to be gone', () => !existsSync(`/proc/${pid}/environ`));
  });

  test('no folder of a run is left in the temporary directory', async ({ fleet }) => {
    await waitFor('the folders to be gone', async () => {
      const left = (await readdir(fleet.env['TMPDIR'] ?? '')).filter((name) =>
        name.startsWith('baton-'),
      );
      return left.length === 0;
    });
  });
});

describe('in the output of a run,', () => {
  test.concurrent('lines that are not JSON, are broken or have an unknown type are stored', async ({
    fleet,
  }) => {
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

  test.concurrent('NUL and bytes that are not UTF-8 do not break the session or the next line', async ({
    fleet,
  }) => {
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

  test.concurrent('a line of 5 MiB is cut and stored with its full length, and the next line is stored whole', async ({
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
