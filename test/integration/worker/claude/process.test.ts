import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type ClaudeProcess,
  STREAMS_GRACE_MS,
  startClaude,
} from '../../../../apps/worker/src/claude/process.ts';

/** Starts a shell script in place of the CLI. */
function start(script: string): ClaudeProcess {
  const env = { PATH: '/usr/bin:/bin' };
  const command = { args: ['-c', script], env, files: [] };
  const claude = startClaude('/bin/sh', command, { cwd: '/' });
  onTestFinished(() => void claude.signal('SIGKILL'));
  return claude;
}

/** Stops the clocks that measure the grace period, so that only the test lets it pass. */
function useFakeGrace(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

async function linesOf(claude: ClaudeProcess): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of claude.lines()) lines.push(...some.map(({ text }) => text));
  return lines;
}

describe('a process of the CLI', () => {
  test('is read to its end even if the reader is slow', async () => {
    useFakeGrace();
    const claude = start('seq 1 20000');
    const lines: string[] = [];
    for await (const some of claude.lines()) {
      const isFirst = lines.length === 0;
      lines.push(...some.map(({ text }) => text));
      if (!isFirst) continue;
      await claude.exit;
      vi.advanceTimersByTime(STREAMS_GRACE_MS * 2);
    }
    expect(lines).toEqual(Array.from({ length: 20_000 }, (_, index) => String(index + 1)));
  });

  test('counts as ended even if a silent descendant keeps its streams open, and its lines end after the grace period', async () => {
    useFakeGrace();
    const claude = start('echo said; sleep 60 & exit 3');
    const lines = claude.lines();
    expect((await lines.next()).value).toEqual([expect.objectContaining({ text: 'said' })]);
    const rest = lines.next();
    expect(await claude.exit).toEqual({ code: 3, signal: null });
    vi.advanceTimersByTime(STREAMS_GRACE_MS - 1);
    expect(await Promise.race([rest, nextTurn('still open')])).toBe('still open');
    vi.advanceTimersByTime(1);
    expect(await rest).toEqual({ done: true, value: undefined });
    await claude.closed;
  });

  test('keeps its stdin open until it is closed, and the end of its stderr is kept', async () => {
    const claude = start('cat; seq 1 9999 >&2');
    const lines = claude.lines();
    claude.write('first\n');
    expect(await lines.next()).toMatchObject({ value: [{ text: 'first' }] });
    claude.write('second\n');
    expect(await lines.next()).toMatchObject({ value: [{ text: 'second' }] });
    claude.closeInput();
    expect(await lines.next()).toMatchObject({ done: true });
    await claude.closed;
    expect(claude.stderrTail()).toMatch(/\n9998\n9999\n$/);
    expect(Buffer.byteLength(claude.stderrTail())).toBe(8 * 1024);
  });

  test('that does not read its stdin ends normally', async () => {
    const claude = start('exit 0');
    claude.write('x'.repeat(1024 * 1024));
    expect(await linesOf(claude)).toEqual([]);
    expect(await claude.exit).toEqual({ code: 0, signal: null });
    await claude.closed;
    expect(() => claude.write('x')).not.toThrow();
    expect(() => claude.closeInput()).not.toThrow();
  });

  test('that cannot be spawned reports the error', async () => {
    const command = { args: [], env: {}, files: [] };
    const claude = startClaude('/nowhere/claude', command, { cwd: '/' });
    claude.write('x');
    expect(await linesOf(claude)).toEqual([]);
    expect(await claude.exit).toMatchObject({ code: null, spawnError: { code: 'ENOENT' } });
    expect(() => claude.signal('SIGTERM')).not.toThrow();
  });

  test('gets a signal together with its whole process group', async () => {
    const claude = start('sleep 60 & wait; echo never');
    claude.signal('SIGTERM');
    expect(await linesOf(claude)).toEqual([]);
    expect(await claude.exit).toEqual({ code: null, signal: 'SIGTERM' });
  });
});
