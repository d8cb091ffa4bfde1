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

/** What happens, in order: a line, a time that passes, or Baton pausing and going on to read. */
type Happening = ClaudeLine | number | 'pause' | 'resume' | 'stop';

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
  ['nothing before the startup limit', [99], null],
  ['no line in time', [100], 'startup'],
  ['events before an init line', [60, SAID, 41, NOISE, 40], null],
  ['silence after an event before an init line', [60, SAID, 50], 'idle'],
  ['a banner, and no event in time', [60, NOISE, 100], 'startup'],
  ['banners, then events', [60, NOISE, 99, NOISE, 99, SAID, 40], null],
  ['an init line in time, then silence', [99, INIT, 49], null],
  ['silence after a line', [INIT, 50], 'idle'],
  ['lines that keep coming', [INIT, 49, SAID, 49, SAID, 49, NOISE, 49], null],
  ['lines for ever', [INIT, ...Array(25).fill([40, SAID]).flat()], 'wall_clock'],
  ['a retry that waits', [INIT, RETRY, 240], null],
  ['a retry that waits too long', [INIT, RETRY, 250], 'idle'],
  ['silence while background tasks run', [INIT, tasks('a'), 500], null],
  ['silence once they have ended', [INIT, tasks('a'), 500, tasks(), 50], 'idle'],
  ['no end after a result', [INIT, RESULT, 30], 'exit'],
  ['a line after a result starts again', [INIT, RESULT, 29, SAID, 49], null],
  ['a second result starts the exit clock again', [INIT, RESULT, 29, RESULT, 29], null],
  ['no end after the second result', [INIT, RESULT, 29, RESULT, 30], 'exit'],
  ['a task that a result left open', [INIT, tasks('a'), RESULT, 49], null],
  ['a task that a result left open for too long', [INIT, tasks('a'), RESULT, 50], 'idle'],
  ['no end after the last task has', [INIT, tasks('a'), RESULT, 49, tasks(), 30], 'exit'],
  ['a turn after the last task', [INIT, tasks('a'), RESULT, tasks(), 29, INIT, 49], null],
  ['nor does it give the process more time to end', [INIT, RESULT, 29, LIFECYCLE, 1], 'exit'],
  ['nor does noise', [INIT, RESULT, 29, NOISE, 1], 'exit'],
  ['but a further result does', [INIT, RESULT, 29, RESULT, 29], null],
  ['what is printed between turns is no turn', [INIT, RESULT, 29, LIFECYCLE, 30], 'exit'],
  ['silence while Baton does not read', [INIT, 'pause', 900], null],
  ['silence after Baton read on', [INIT, 'pause', 900, 'resume', 50], 'idle'],
  ['a retry announced before Baton paused', [INIT, RETRY, 'pause', 500, 'resume', 249], null],
  ['a result while Baton does not read on', [INIT, RESULT, 'pause', 500, 'resume', 29], null],
  ['the wall clock while Baton does not read', [INIT, 'pause', 1_000], 'wall_clock'],
  ['after a stop nothing runs out', [INIT, 'stop', 5_000], null],
  ['nor does a pause bring it back', [INIT, 'pause', 'stop', 'resume', 5_000], null],
];

describe('the clocks of an attempt', () => {
  test.each(STORIES)('%s', (_name, happenings, deadline) => {
    expect(firstDeadline(happenings)).toBe(deadline);
  });

  test('a limit longer than a timer can be does not run out at once', () => {
    const ran = vi.fn();
    const long = 2 ** 31 + 1_000;
    const limits = { startup: long, idle: long, wall_clock: long, exit: long };
    const watch = watchDeadlines(limits, ran, createPendingWork());
    vi.advanceTimersByTime(60_000);
    expect(ran).not.toHaveBeenCalled();
    watch.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a session's own limits win over the worker's", () => {
    const config = { query: 'hi', timeouts: { idle_ms: 7, exit_ms: 8 } };
    expect(deadlinesOf(config, LIMITS)).toEqual({ ...LIMITS, idle: 7, exit: 8 });
  });
});
