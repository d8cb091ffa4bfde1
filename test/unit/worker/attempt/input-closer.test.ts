import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createInputCloser } from '../../../../apps/worker/src/attempt/input-closer.ts';
import { parseLine } from '../../../../apps/worker/src/claude/line.ts';
import { createPendingWork } from '../../../../apps/worker/src/claude/pending-work.ts';

const INIT = { type: 'system', subtype: 'init', session_id: 's' };
const RESULT = { type: 'result', subtype: 'success', is_error: false };
const tasks = (...ids: string[]) => ({
  type: 'system',
  subtype: 'background_tasks_changed',
  tasks: ids.map((task_id) => ({ task_id })),
});

/** How long stdin stays open for background tasks, in milliseconds. */
const TASKS_OPEN_MS = 120_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A process with its closer, which checks after each line. */
function makeProcess() {
  const relay = { isSending: vi.fn(() => false) };
  const close = vi.fn();
  const work = createPendingWork();
  const closer = createInputCloser({ close }, work, relay);
  return {
    relay,
    close,
    work,
    closer,
    print(...lines: object[]) {
      for (const line of lines) {
        work.observe(parseLine(JSON.stringify(line)));
        closer.check();
      }
    },
  };
}

describe('the closer of stdin', () => {
  test('closes stdin at once after a result if nothing is pending', () => {
    const { print, close } = makeProcess();
    print(INIT);
    expect(close).not.toHaveBeenCalled();
    print(RESULT);
    expect(close).toHaveBeenCalledOnce();
  });

  test('leaves stdin open while the relay is sending, and closes stdin afterwards', () => {
    const { print, close, relay, closer } = makeProcess();
    relay.isSending.mockReturnValue(true);
    print(INIT, RESULT);
    expect(close).not.toHaveBeenCalled();
    relay.isSending.mockReturnValue(false);
    closer.check();
    expect(close).toHaveBeenCalledOnce();
  });

  test('leaves stdin open for a message that no turn has taken', () => {
    const { print, close, work } = makeProcess();
    print(INIT);
    work.sent('m');
    print(RESULT);
    vi.advanceTimersByTime(TASKS_OPEN_MS);
    expect(close).not.toHaveBeenCalled();
  });

  test('closes stdin after 120 s if only background tasks are pending', () => {
    const { print, close } = makeProcess();
    print(INIT, tasks('a'), RESULT);
    vi.advanceTimersByTime(TASKS_OPEN_MS - 1);
    expect(close).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(close).toHaveBeenCalledOnce();
  });

  test('counts the 120 s from the result, not from the last line', () => {
    const { print, close } = makeProcess();
    print(INIT, tasks('a', 'b'), RESULT);
    vi.advanceTimersByTime(TASKS_OPEN_MS - 1);
    print(tasks('a'));
    vi.advanceTimersByTime(1);
    expect(close).toHaveBeenCalledOnce();
  });

  test('closes stdin at once, and once only, when the last background task ends', () => {
    const { print, close } = makeProcess();
    print(INIT, tasks('a'), RESULT);
    vi.advanceTimersByTime(1_000);
    print(tasks());
    expect(close).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('counts the 120 s anew from the result of a turn that began meanwhile', () => {
    const { print, close } = makeProcess();
    print(INIT, tasks('a'), RESULT);
    vi.advanceTimersByTime(TASKS_OPEN_MS - 1);
    print(INIT);
    vi.advanceTimersByTime(TASKS_OPEN_MS);
    expect(close).not.toHaveBeenCalled();
    print(RESULT);
    vi.advanceTimersByTime(TASKS_OPEN_MS - 1);
    expect(close).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(close).toHaveBeenCalledOnce();
  });

  test('waits for the relay if it is sending when the 120 s are over', () => {
    const { print, close, relay, work, closer } = makeProcess();
    print(INIT, tasks('a'), RESULT);
    relay.isSending.mockReturnValue(true);
    vi.advanceTimersByTime(TASKS_OPEN_MS);
    expect(close).not.toHaveBeenCalled();
    work.sent('m');
    relay.isSending.mockReturnValue(false);
    closer.check();
    vi.advanceTimersByTime(TASKS_OPEN_MS);
    expect(close).not.toHaveBeenCalled();
  });

  test('counts the 120 s anew if the relay found nothing to send at their end', () => {
    const { print, close, relay, closer } = makeProcess();
    print(INIT, tasks('a'), RESULT);
    relay.isSending.mockReturnValue(true);
    vi.advanceTimersByTime(TASKS_OPEN_MS);
    relay.isSending.mockReturnValue(false);
    closer.check();
    expect(close).not.toHaveBeenCalled();
    vi.advanceTimersByTime(TASKS_OPEN_MS);
    expect(close).toHaveBeenCalledOnce();
  });

  test('no longer waits for background tasks after it was stopped', () => {
    const { print, close, closer } = makeProcess();
    print(INIT, tasks('a', 'b'), RESULT, tasks('a'));
    closer.stop();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(TASKS_OPEN_MS);
    expect(close).not.toHaveBeenCalled();
  });
});
