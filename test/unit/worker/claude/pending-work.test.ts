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

/** A call of a tool and the CLI's answer to it, in the shapes that 2.1.330 prints. */
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
  ['nothing', [], 'no result'],
  ['a turn', [INIT, SAID], 'no result'],
  ['a result', [INIT, SAID, RESULT], 'over'],
  ['lines between turns', [INIT, RESULT, { type: 'command_lifecycle' }, tasks()], 'over'],
  ['a turn after a result', [INIT, RESULT, INIT], 'interim'],
  ['a message after a result', [INIT, RESULT, SAID], 'interim'],
  ['a piece of an answer after a result', [INIT, RESULT, { type: 'stream_event' }], 'interim'],
  ['a second result', [INIT, RESULT, INIT, RESULT], 'over'],
  ['a task before the result', [INIT, tasks('a')], 'no result'],
  ['a task', [INIT, tasks('a'), RESULT], 'interim'],
  ['a task that ended', [INIT, tasks('a'), RESULT, tasks()], 'over'],
  ['a task that ended before the result', [INIT, tasks('a'), tasks(), RESULT], 'over'],
  ['a list of tasks that is none', [INIT, { ...tasks(), tasks: 'x' }, RESULT], 'over'],
  ['a wake-up', [INIT, ...wakeup(), RESULT], 'interim'],
  ['a wake-up that fired', [INIT, ...wakeup(), RESULT, INIT, SAID, RESULT], 'over'],
  [
    'a wake-up in the turn of one',
    [INIT, ...wakeup(), RESULT, INIT, ...wakeup(), RESULT],
    'interim',
  ],
  ['a wake-up past a notification', [INIT, ...wakeup(), RESULT, INIT, NOTIFIED], 'interim'],
  ['a wake-up after it', [INIT, ...wakeup(), RESULT, INIT, NOTIFIED, INIT, RESULT], 'over'],
  ['a wake-up, results held back', [INIT, ...wakeup(), INIT, RESULT, NOTIFIED], 'interim'],
  ['a wake-up taken back', [INIT, ...wakeup(), ...unschedule(), RESULT], 'over'],
  ['a wake-up that was refused', [INIT, ...refused(), RESULT], 'over'],
  ['a cron job', [INIT, ...cron(false), RESULT], 'interim'],
  ['a cron job that fired', [INIT, ...cron(false), RESULT, INIT, RESULT], 'over'],
  ['a cron job that fires again', [INIT, ...cron(true), RESULT, INIT, RESULT], 'interim'],
  ['a cron job that was deleted', [INIT, ...cron(true), ...uncron(), RESULT], 'over'],
];

describe('what a result line leaves open', () => {
  test.each(STORIES)('%s', (_name, lines, expected) => {
    const work = createPendingWork();
    for (const line of lines) work.observe(parseLine(JSON.stringify(line)));
    const state = work.isInterim() ? 'interim' : work.isOver() ? 'over' : 'no result';
    expect(state).toBe(expected);
  });
});
