import { describe, expect, test } from 'vitest';
import { parseLine } from '../../../../apps/worker/src/claude/line.ts';
import { createPendingWork } from '../../../../apps/worker/src/claude/pending-work.ts';

const INIT = { type: 'system', subtype: 'init', session_id: 's' };
const RESULT = { type: 'result', subtype: 'success', is_error: false };
const NOTIFIED = { ...RESULT, origin: { kind: 'task-notification' } };
const SAID = { type: 'assistant', message: { content: [{ type: 'text', text: 'x' }] } };
const tasks = (...ids: string[]) => ({
  type: 'system',
  subtype: 'background_tasks_changed',
  tasks: ids.map((task_id) => ({ task_id })),
});

let calls = 0;

/** The lines that CLI 2.1.330 prints for a tool call and its result. */
function call(name: string, input: object, answer: object | string, isError = false): object[] {
  calls += 1;
  const id = `toolu_${calls}`;
  const block = { type: 'tool_result', tool_use_id: id, content: 'text', is_error: isError };
  return [
    { type: 'assistant', message: { content: [{ type: 'tool_use', id, name, input }] } },
    { type: 'user', message: { content: [block] }, tool_use_result: answer },
  ];
}

const wakeup = () =>
  call(
    'ScheduleWakeup',
    { delaySeconds: 60, prompt: 'go on' },
    { scheduledFor: 1_795_989_840_000 },
  );
const unschedule = () => call('ScheduleWakeup', { stop: true }, { scheduledFor: 0, stopped: true });
const cron = (recurring: boolean) =>
  call('CronCreate', { cron: '* * * * *' }, { id: '8415a8b5', recurring });
const uncron = () => call('CronDelete', { id: '8415a8b5' }, {});
const refused = () => call('ScheduleWakeup', {}, 'Error: No such tool available', true);

const STORIES: [string, object[], 'no result' | 'over' | 'interim'][] = [
  ['no output gives no result', [], 'no result'],
  ['a turn without a result line gives no result', [INIT, SAID], 'no result'],
  ['a result ends the run', [INIT, SAID, RESULT], 'over'],
  [
    'lines between turns keep the run ended',
    [INIT, RESULT, { type: 'command_lifecycle' }, tasks()],
    'over',
  ],
  ['a turn after a result makes the result interim', [INIT, RESULT, INIT], 'interim'],
  ['a message after a result makes the result interim', [INIT, RESULT, SAID], 'interim'],
  [
    'a partial message after a result makes the result interim',
    [INIT, RESULT, { type: 'stream_event' }],
    'interim',
  ],
  ['a second result ends the run', [INIT, RESULT, INIT, RESULT], 'over'],
  ['a background task without a result line gives no result', [INIT, tasks('a')], 'no result'],
  ['a background task makes the result interim', [INIT, tasks('a'), RESULT], 'interim'],
  [
    'a background task that ended after the result ends the run',
    [INIT, tasks('a'), RESULT, tasks()],
    'over',
  ],
  [
    'a background task that ended before the result does not keep the run open',
    [INIT, tasks('a'), tasks(), RESULT],
    'over',
  ],
  [
    'an invalid list of tasks does not keep the run open',
    [INIT, { ...tasks(), tasks: 'x' }, RESULT],
    'over',
  ],
  ['a wake-up makes the result interim', [INIT, ...wakeup(), RESULT], 'interim'],
  [
    'a wake-up that fired does not keep the run open',
    [INIT, ...wakeup(), RESULT, INIT, SAID, RESULT],
    'over',
  ],
  [
    'a new wake-up in the turn of a wake-up makes the result interim',
    [INIT, ...wakeup(), RESULT, INIT, ...wakeup(), RESULT],
    'interim',
  ],
  [
    'a wake-up stays pending after the turn of a notification',
    [INIT, ...wakeup(), RESULT, INIT, NOTIFIED],
    'interim',
  ],
  [
    'a wake-up that fires after the turn of a notification ends the run',
    [INIT, ...wakeup(), RESULT, INIT, NOTIFIED, INIT, RESULT],
    'over',
  ],
  [
    'a wake-up stays pending if its result line comes late',
    [INIT, ...wakeup(), INIT, RESULT, NOTIFIED],
    'interim',
  ],
  [
    'a wake-up that was stopped does not keep the run open',
    [INIT, ...wakeup(), ...unschedule(), RESULT],
    'over',
  ],
  ['a wake-up that was refused does not keep the run open', [INIT, ...refused(), RESULT], 'over'],
  ['a cron job makes the result interim', [INIT, ...cron(false), RESULT], 'interim'],
  [
    'a cron job that fired once does not keep the run open',
    [INIT, ...cron(false), RESULT, INIT, RESULT],
    'over',
  ],
  [
    'a recurring cron job makes the result interim',
    [INIT, ...cron(true), RESULT, INIT, RESULT],
    'interim',
  ],
  [
    'a cron job that was deleted does not keep the run open',
    [INIT, ...cron(true), ...uncron(), RESULT],
    'over',
  ],
];

describe('in a run of the CLI,', () => {
  test.each(STORIES)('%s', (_name, lines, expected) => {
    const work = createPendingWork();
    for (const line of lines) work.observe(parseLine(JSON.stringify(line)));
    const state = work.isInterim() ? 'interim' : work.isOver() ? 'over' : 'no result';
    expect(state).toBe(expected);
  });
});

describe('a further message', () => {
  const state = (name: string) => ({ type: 'command_lifecycle', command_uuid: 'm', state: name });

  function workAfter(...lines: object[]) {
    const work = createPendingWork();
    work.observe(parseLine(JSON.stringify(INIT)));
    work.sent('m');
    for (const line of lines) work.observe(parseLine(JSON.stringify(line)));
    return work;
  }

  test('keeps the run open until a turn takes it and has its result', () => {
    expect(workAfter(RESULT).waiting()).toEqual(['m']);
    expect(workAfter(RESULT, state('queued')).isInterim()).toBe(true);
    expect(workAfter(RESULT, state('queued')).mayClose()).toBe(false);
    expect(workAfter(RESULT, state('queued'), state('started'), INIT).mayClose()).toBe(false);
    expect(workAfter(RESULT, state('started'), INIT, RESULT).isOver()).toBe(true);
  });

  test('is part of the running turn once it is started', () => {
    const work = workAfter(SAID, state('queued'), state('started'), RESULT);
    expect(work.waiting()).toEqual([]);
    expect(work.mayClose()).toBe(true);
  });

  test.for(['completed', 'cancelled'])('that is %s keeps nothing open', (last) => {
    expect(workAfter(RESULT, state(last)).mayClose()).toBe(true);
  });

  test('does not use up a wake-up that an earlier turn scheduled', () => {
    const answered = { ...RESULT, user_message_uuid: 'm' };
    expect(workAfter(...wakeup(), RESULT, state('started'), INIT, answered).isOver()).toBe(false);
    expect(workAfter(...wakeup(), RESULT, INIT, RESULT).isOver()).toBe(false);
    expect(workAfter(...wakeup(), RESULT, state('started'), INIT, RESULT).isOver()).toBe(true);
  });
});

describe('stdin', () => {
  function mayClose(...lines: object[]): boolean {
    const work = createPendingWork();
    for (const line of lines) work.observe(parseLine(JSON.stringify(line)));
    return work.mayClose();
  }

  test('stays open until there is a result', () => {
    expect(mayClose(INIT, SAID)).toBe(false);
    expect(mayClose(INIT, SAID, RESULT)).toBe(true);
  });

  test('stays open for a background task and a wake-up', () => {
    expect(mayClose(INIT, tasks('a'), RESULT)).toBe(false);
    expect(mayClose(INIT, ...wakeup(), RESULT)).toBe(false);
  });

  test('does not stay open for a cron job, which ends with the process', () => {
    expect(mayClose(INIT, ...cron(true), RESULT)).toBe(true);
  });
});
