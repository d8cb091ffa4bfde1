import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deadlinesOf, watchDeadlines } from '../../../../apps/worker/src/attempt/deadlines.ts';
import type { AbortReason } from '../../../../apps/worker/src/claude/abort-reason.ts';
import { type ClaudeLine, parseLine } from '../../../../apps/worker/src/claude/line.ts';
import { createPendingWork } from '../../../../apps/worker/src/claude/pending-work.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LIMITS = { startup: 100, idle: 50, wall_clock: 1_000, exit: 30 };

const lineOf = (body: object): ClaudeLine => parseLine(JSON.stringify(body));
const INIT = lineOf({ type: 'system', subtype: 'init', session_id: 's' });
const SAID = lineOf({ type: 'assistant', message: { id: 'm' } });
const RESULT = lineOf({ type: 'result', subtype: 'success', is_error: false });
const NOISE = parseLine('a warning');
const RETRY = lineOf({ type: 'system', subtype: 'api_retry', retry_delay_ms: 200 });
const LIFECYCLE = lineOf({ type: 'command_lifecycle', state: 'completed' });
const tasks = (...ids: string[]) =>
  lineOf({ type: 'system', subtype: 'background_tasks_changed', tasks: ids });

/**
 * A line, a number of milliseconds that pass, or the name of a method that is called on the watch.
 */
type Happening = ClaudeLine | number | 'pause' | 'resume' | 'stop' | 'hold' | 'begin';

function firstDeadline(happenings: Happening[]): string | null {
  const ran: string[] = [];
  const work = createPendingWork();
  const abort = (reason: AbortReason) => {
    ran.push(reason.kind === 'timed_out' ? reason.deadline : reason.kind);
  };
  const watch = watchDeadlines(LIMITS, abort, work);
  for (const one of happenings) {
    if (typeof one === 'number') vi.advanceTimersByTime(one);
    else if (typeof one === 'string') watch[one]();
    else {
      work.observe(one);
      watch.observe(one);
    }
  }
  watch.stop();
  return ran[0] ?? null;
}

const STORIES: [string, Happening[], string | null][] = [
  ['do not run out before the startup timeout if no line comes', [99], null],
  ['run out at startup if no line comes in time', [100], 'startup'],
  ['do not run out while events come before an init line', [60, SAID, 41, NOISE, 40], null],
  [
    'run out as idle during silence after an event, even without an init line',
    [60, SAID, 50],
    'idle',
  ],
  ['do not run out at startup before the first message may be sent', ['hold', 500], null],
  [
    'run out at startup if no line comes in time after the first message',
    ['hold', 500, 'begin', 100],
    'startup',
  ],
  ['do not run out while banners come before the first message', ['hold', NOISE, 500], null],
  [
    'do not start again at the first message if an event came before',
    ['hold', INIT, 'begin', 49],
    null,
  ],
  ['run out at startup if only a banner comes', [60, NOISE, 100], 'startup'],
  [
    'do not run out at startup if banners come and then events',
    [60, NOISE, 99, NOISE, 99, SAID, 40],
    null,
  ],
  ['do not run out during short silence after an init line', [99, INIT, 49], null],
  ['run out as idle during silence after a line', [INIT, 50], 'idle'],
  [
    'do not run out as idle while lines keep coming',
    [INIT, 49, SAID, 49, SAID, 49, NOISE, 49],
    null,
  ],
  [
    'run out by the wall clock while lines keep coming',
    [INIT, ...Array(25).fill([40, SAID]).flat()],
    'wall_clock',
  ],
  ['do not run out as idle while an announced API retry waits', [INIT, RETRY, 240], null],
  ['run out as idle if an API retry waits for longer than announced', [INIT, RETRY, 250], 'idle'],
  ['do not run out as idle while background tasks run', [INIT, tasks('a'), 500], null],
  [
    'run out as idle during silence after background tasks ended',
    [INIT, tasks('a'), 500, tasks(), 50],
    'idle',
  ],
  ['run out at exit if the process does not exit after a result', [INIT, RESULT, 30], 'exit'],
  ['do not run out at exit if a message follows a result', [INIT, RESULT, 29, SAID, 49], null],
  ['do not run out at exit too early after a second result', [INIT, RESULT, 29, RESULT, 29], null],
  [
    'run out at exit if the process does not exit after a second result',
    [INIT, RESULT, 29, RESULT, 30],
    'exit',
  ],
  [
    'do not run out at exit while a task is open after a result',
    [INIT, tasks('a'), RESULT, 49],
    null,
  ],
  [
    'run out as idle if a task stays open for too long after a result',
    [INIT, tasks('a'), RESULT, 50],
    'idle',
  ],
  [
    'run out at exit if the process does not exit after its last task',
    [INIT, tasks('a'), RESULT, 49, tasks(), 30],
    'exit',
  ],
  [
    'do not run out at exit if a turn follows the last task',
    [INIT, tasks('a'), RESULT, tasks(), 29, INIT, 49],
    null,
  ],
  ['run out at exit although a lifecycle line comes', [INIT, RESULT, 29, LIFECYCLE, 1], 'exit'],
  ['run out at exit although noise comes', [INIT, RESULT, 29, NOISE, 1], 'exit'],
  ['restart the exit timeout at a result without a turn', [INIT, RESULT, 29, RESULT, 29], null],
  ['count no lifecycle line as a turn after a result', [INIT, RESULT, 29, LIFECYCLE, 30], 'exit'],
  ['do not run out as idle while Baton does not read', [INIT, 'pause', 900], null],
  [
    'run out as idle during silence after Baton reads again',
    [INIT, 'pause', 900, 'resume', 50],
    'idle',
  ],
  [
    'keep the time of an announced API retry while Baton does not read',
    [INIT, RETRY, 'pause', 500, 'resume', 249],
    null,
  ],
  [
    'do not run out at exit while Baton does not read',
    [INIT, RESULT, 'pause', 500, 'resume', 29],
    null,
  ],
  [
    'run out by the wall clock even while Baton does not read',
    [INIT, 'pause', 1_000],
    'wall_clock',
  ],
  ['do not run out after they are stopped', [INIT, 'stop', 5_000], null],
  [
    'do not run out if Baton resumes after they are stopped',
    [INIT, 'pause', 'stop', 'resume', 5_000],
    null,
  ],
];

describe('the timeouts of an attempt', () => {
  test.each(STORIES)('%s', (_name, happenings, deadline) => {
    expect(firstDeadline(happenings)).toBe(deadline);
  });

  test('do not run out at once if they exceed the longest possible timer', () => {
    const ran = vi.fn();
    const long = 2 ** 31 + 1_000;
    const limits = { startup: long, idle: long, wall_clock: long, exit: long };
    const watch = watchDeadlines(limits, ran, createPendingWork());
    vi.advanceTimersByTime(60_000);
    expect(ran).not.toHaveBeenCalled();
    watch.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('are the session’s own if it has them, and otherwise the worker’s', () => {
    const config = { query: 'hi', timeouts: { idle_ms: 7, exit_ms: 8 } };
    expect(deadlinesOf(config, LIMITS)).toEqual({ ...LIMITS, idle: 7, exit: 8 });
  });
});
