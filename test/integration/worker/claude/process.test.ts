import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  type ClaudeProcess,
  STREAMS_GRACE_MS,
  startClaude,
} from '../../../../apps/worker/src/claude/process.ts';

/** A shell script where the CLI would run. */
function start(script: string, stdin = ''): ClaudeProcess {
  const env = { PATH: '/usr/bin:/bin' };
  const command = { args: ['-c', script], env, stdin, files: [] };
  const claude = startClaude('/bin/sh', command, { cwd: '/' });
  onTestFinished(() => void claude.signal('SIGKILL'));
  return claude;
}

async function linesOf(claude: ClaudeProcess): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of claude.lines()) lines.push(...some.map(({ text }) => text));
  return lines;
}

describe('a process', () => {
  test('is read to its end, however long the reader takes over what it has', async () => {
    // The grace is counted by these two.
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
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

  test('has ended although a silent descendant holds its streams, and its lines end soon', async () => {
    const claude = start('echo said; sleep 60 & exit 3');
    const lines = linesOf(claude);
    expect(await claude.exit).toEqual({ code: 3, signal: null });
    const before = performance.now();
    expect(await lines).toEqual(['said']);
    await claude.closed;
    expect(performance.now() - before).toBeLessThan(STREAMS_GRACE_MS + 2_000);
  });

  test('gets its prompt, and leaves the end of what it said on stderr', async () => {
    const claude = start('cat; seq 1 9999 >&2', 'the prompt');
    expect(await linesOf(claude)).toEqual(['the prompt']);
    await claude.closed;
    expect(claude.stderrTail()).toMatch(/\n9998\n9999\n$/);
    expect(Buffer.byteLength(claude.stderrTail())).toBe(8 * 1024);
  });

  test('that does not read its prompt ends like any other', async () => {
    const claude = start('exit 0', 'x'.repeat(1024 * 1024));
    expect(await linesOf(claude)).toEqual([]);
    expect(await claude.exit).toEqual({ code: 0, signal: null });
  });

  test('that cannot be spawned says why', async () => {
    const command = { args: [], env: {}, stdin: '', files: [] };
    const claude = startClaude('/nowhere/claude', command, { cwd: '/' });
    expect(await linesOf(claude)).toEqual([]);
    expect(await claude.exit).toMatchObject({ code: null, spawnError: { code: 'ENOENT' } });
    expect(() => claude.signal('SIGTERM')).not.toThrow();
  });

  test('is signalled with its whole group', async () => {
    const claude = start('sleep 60 & wait; echo never');
    claude.signal('SIGTERM');
    expect(await linesOf(claude)).toEqual([]);
    expect(await claude.exit).toEqual({ code: null, signal: 'SIGTERM' });
  });
});
