// Tracks the work that is pending after a result line. The CLI may keep running after its turn and
// begin another turn by itself (docs/claude-cli.md, section 17).
import { asList, asObject, asString } from './fields.ts';
import { backgroundTasksOf, type ClaudeLine, resultOf } from './line.ts';
import { type MessageState, messageStateOf } from './protocol-line.ts';

/** What one process still has to do, as far as its output shows. */
export interface PendingWork {
  /** Updates the counts from a line of stdout. */
  observe(line: ClaudeLine): void;
  /** Records that a further message was written to stdin. It is pending until a turn takes it. */
  sent(uuid: string): void;
  /** Returns the messages that no turn has taken yet, oldest first. */
  waiting(): string[];
  /** Returns how many background tasks run: sub-agents, background commands, monitors. */
  tasks(): number;
  /** Returns whether no turn has begun since the last result line. */
  isIdle(): boolean;
  /**
   * Returns whether the last result line is final: no turn has begun since, and nothing is pending.
   */
  isOver(): boolean;
  /** Returns whether there is a result line that is not final. */
  isInterim(): boolean;
  /**
   * Returns whether stdin may be closed: there is a result, and nothing is pending that needs an
   * open stdin. A cron job ends with the process, so it does not keep stdin open.
   */
  mayClose(): boolean;
  /** Returns whether there is a result, and only background tasks are pending. */
  hasOnlyTasks(): boolean;
}

// The tools with which a model schedules a later turn, or cancels it.
const SCHEDULERS = ['ScheduleWakeup', 'CronCreate', 'CronDelete'];

// Lines of these types belong to a turn. Lines of other types (task_updated, command_lifecycle,
// ...) come between turns too.
const TURN_TYPES = ['assistant', 'user', 'stream_event'];
const TURN_SUBTYPES = ['init', 'api_retry'];

/** Creates the tracker of a new process. */
export function createPendingWork(): PendingWork {
  const calls = new Map<string, { name: string; input: Record<string, unknown> }>();
  // The turn that scheduled each wake-up. The CLI holds one wake-up and any number of cron jobs.
  const wakeups = new Map<string, { turn: number; recurs: boolean }>();
  const waiting = new Set<string>();
  const messages = new Set<string>();
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

  // The turn of a background task ends with a result line that names its origin. The turn of a
  // prompt or a wake-up ends with a result line that names no origin. A result line without an
  // origin uses up the wake-ups that earlier turns scheduled, unless it answers a message.
  function observeResult(body: Record<string, unknown>): void {
    results += 1;
    isIdle = true;
    if (asString(asObject(body['origin'])?.['kind']) === 'task-notification') return;
    if (messages.has(asString(body['user_message_uuid']) ?? '')) return;
    for (const [key, { turn, recurs }] of wakeups) {
      if (!recurs && turn < results) wakeups.delete(key);
    }
  }

  function observeState({ uuid, state }: MessageState): void {
    if (state !== 'queued') waiting.delete(uuid);
    // The turn of a message begins with this line, before its init line.
    if (state === 'started' && messages.has(uuid)) isIdle = false;
  }

  const isBusy = () => tasks > 0 || waiting.size > 0;
  const isPending = () => isBusy() || wakeups.size > 0;

  return {
    observe(line) {
      if (line.kind !== 'event') return;
      tasks = backgroundTasksOf(line) ?? tasks;
      const state = messageStateOf(line);
      if (state) return observeState(state);
      if (resultOf(line)) return observeResult(line.body);
      const { type, subtype = '', body } = line;
      if (subtype === 'init') turns += 1;
      if (type === 'assistant') observeCalls(body);
      if (type === 'user') observeAnswers(body);
      if (TURN_TYPES.includes(type) || TURN_SUBTYPES.includes(subtype)) isIdle = false;
    },
    sent(uuid) {
      waiting.add(uuid);
      messages.add(uuid);
    },
    waiting: () => [...waiting],
    tasks: () => tasks,
    isIdle: () => isIdle,
    isOver: () => isIdle && !isPending(),
    isInterim: () => results > 0 && !(isIdle && !isPending()),
    hasOnlyTasks: () =>
      results > 0 && isIdle && tasks > 0 && waiting.size === 0 && !wakeups.has('wakeup'),
    mayClose: () => results > 0 && isIdle && !isBusy() && !wakeups.has('wakeup'),
  };
}

function contentOf(body: Record<string, unknown>): Record<string, unknown>[] {
  return asList(asObject(body['message'])?.['content']).map((block) => asObject(block) ?? {});
}
