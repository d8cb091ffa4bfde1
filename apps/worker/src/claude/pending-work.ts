// What a result line leaves open: the CLI may stay, and go on by itself, once its turn is over.
import { asList, asObject, asString } from './fields.ts';
import { backgroundTasksOf, type ClaudeLine, resultOf } from './line.ts';

/** What one process has still to do, as far as its lines tell. */
export interface PendingWork {
  /** Takes a line of stdout into account. */
  observe(line: ClaudeLine): void;
  /** How many background tasks run: sub-agents, background commands, monitors. */
  tasks(): number;
  /** Whether the last result line ended the last turn: nothing was begun after it. */
  isIdle(): boolean;
  /** Whether the last result line is the last word: no turn began after it, and nothing is pending. */
  isOver(): boolean;
  /** Whether there is a result line, and it is not the last word. */
  isInterim(): boolean;
}

// The tools by which a model has the CLI go on at a later time, or take that back.
const SCHEDULERS = ['ScheduleWakeup', 'CronCreate', 'CronDelete'];

// Lines of these types belong to a turn. Others (task_updated, command_lifecycle, ...) come between turns too.
const TURN_TYPES = ['assistant', 'user', 'stream_event'];
const TURN_SUBTYPES = ['init', 'api_retry'];

/** A tracker that has seen nothing. */
export function createPendingWork(): PendingWork {
  const calls = new Map<string, { name: string; input: Record<string, unknown> }>();
  // By key, the turn that scheduled it. The CLI holds one wake-up and any number of cron jobs.
  const wakeups = new Map<string, { turn: number; recurs: boolean }>();
  let tasks = 0;
  let turns = 0;
  let results = 0;
  let isIdle = false;

  function observeCalls(body: Record<string, unknown>): void {
    for (const block of contentOf(body)) {
      const [id, name] = [asString(block['id']), asString(block['name']) ?? ''];
      if (block['type'] !== 'tool_use' || id === undefined || !SCHEDULERS.includes(name)) continue;
      calls.set(id, { name, input: asObject(block['input']) ?? {} });
    }
  }

  function observeAnswers(body: Record<string, unknown>): void {
    for (const block of contentOf(body)) {
      const id = asString(block['tool_use_id']) ?? '';
      const call = calls.get(id);
      if (call === undefined) continue;
      calls.delete(id);
      if (block['is_error'] !== true) schedule(call, asObject(body['tool_use_result']) ?? {});
    }
  }

  function schedule(
    { name, input }: { name: string; input: Record<string, unknown> },
    answer: Record<string, unknown>,
  ): void {
    const turn = Math.max(turns, 1);
    if (name === 'CronDelete') wakeups.delete(`cron ${asString(input['id'])}`);
    else if (name === 'CronCreate') {
      const recurs = (answer['recurring'] ?? input['recurring']) !== false;
      wakeups.set(`cron ${asString(answer['id'])}`, { turn, recurs });
    } else if (input['stop'] === true) wakeups.delete('wakeup');
    else wakeups.set('wakeup', { turn, recurs: false });
  }

  // The turn of a wake-up ends in a result line without an origin, as a prompt's does; those of
  // background tasks name theirs. Its wake-up was scheduled in a turn before it.
  function observeResult(body: Record<string, unknown>): void {
    results += 1;
    isIdle = true;
    if (asString(asObject(body['origin'])?.['kind']) === 'task-notification') return;
    for (const [key, { turn, recurs }] of wakeups) {
      if (!recurs && turn < results) wakeups.delete(key);
    }
  }

  const isPending = () => tasks > 0 || wakeups.size > 0;

  return {
    observe(line) {
      if (line.kind !== 'event') return;
      tasks = backgroundTasksOf(line) ?? tasks;
      if (resultOf(line)) return observeResult(line.body);
      const { type, subtype = '', body } = line;
      if (subtype === 'init') turns += 1;
      if (type === 'assistant') observeCalls(body);
      if (type === 'user') observeAnswers(body);
      if (TURN_TYPES.includes(type) || TURN_SUBTYPES.includes(subtype)) isIdle = false;
    },
    tasks: () => tasks,
    isIdle: () => isIdle,
    isOver: () => isIdle && !isPending(),
    isInterim: () => results > 0 && !(isIdle && !isPending()),
  };
}

function contentOf(body: Record<string, unknown>): Record<string, unknown>[] {
  return asList(asObject(body['message'])?.['content']).map((block) => asObject(block) ?? {});
}
