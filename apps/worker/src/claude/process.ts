import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { execa } from 'execa';
import { createByteTail } from './byte-tail.ts';
import type { Command } from './command.ts';
import { createFramer, type FramedLine } from './framer.ts';

/** How a process ended, as the operating system reports it. */
export interface Exit {
  code: number | null;
  signal: string | null;
  spawnError?: { code: string; message: string };
}

/** A `claude` process that was started. */
export interface ClaudeProcess {
  readonly pid: number | undefined;
  /**
   * Yields the lines of stdout in order, until stdout ends. A slow reader slows the process down.
   */
  lines(): AsyncGenerator<FramedLine[]>;
  /** Resolves when the process has ended. Some of its lines may still be unread. Never rejects. */
  readonly exit: Promise<Exit>;
  /**
   * Resolves when the process has ended and its streams are closed, so no more output can come.
   * Never rejects.
   */
  readonly closed: Promise<unknown>;
  /** Writes text to stdin. A process that has ended, or that no longer reads, gets nothing. */
  write(text: string): void;
  /** Resolves when stdin takes more without holding it in memory, or is closed. Never rejects. */
  drained(): Promise<void>;
  /** Closes stdin. */
  closeInput(): void;
  /** Returns the last 8 KiB of stderr. */
  stderrTail(): string;
  /**
   * Signals the whole process group, if it still exists. Returns the errno if the signal is
   * refused, else null.
   */
  signal(name: NodeJS.Signals): string | null;
  /**
   * Stops waiting for a process that cannot be ended. Closes its streams and resolves `exit` and
   * `closed` without exit facts. The process no longer keeps this worker from ending.
   */
  abandon(): void;
}

/**
 * How long silent streams may stay open after the process has ended, in milliseconds. A descendant
 * may hold the streams open.
 */
export const STREAMS_GRACE_MS = 2_000;

/** How much of the end of stderr is kept. */
export const STDERR_TAIL_BYTES = 8 * 1024;

/**
 * Starts `claude` in its own process group, with only the command's environment. Stdin stays
 * open until `closeInput`. `launcher` is put before the program (`setpriv`, see parent-death.ts).
 */
export function startClaude(
  file: string,
  command: Command,
  { cwd, launcher = [] }: { cwd: string; launcher?: readonly string[] },
): ClaudeProcess {
  const [program, ...args] = [...launcher, file, ...command.args];
  const child = execa(program ?? file, args, {
    cwd,
    env: command.env,
    extendEnv: false,
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stripFinalNewline: false,
    encoding: 'buffer',
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  // A write fails if the process has just ended or closed its stdin. The exit facts show that.
  child.stdin.on('error', () => undefined);
  const tail = createByteTail(STDERR_TAIL_BYTES);
  child.stderr.on('data', (piece: Uint8Array) => tail.push(piece));
  // When stdout became silent (performance.now). `Infinity` while a piece of stdout is being
  // processed.
  let silentSince = performance.now();
  child.nodeChildProcess.once('exit', () => {
    setTimeout(() => child.stderr.destroy(), STREAMS_GRACE_MS).unref();
    closeWhenSilent(performance.now());
  });

  // Closes stdout after the exit, once stdout has been silent for long enough. Closing it a fixed
  // time after the exit could lose an answer that is still unread because MongoDB is slow.
  function closeWhenSilent(since: number): void {
    const remainingMs = STREAMS_GRACE_MS - (performance.now() - Math.max(since, silentSince));
    if (remainingMs <= 0) child.stdout.destroy();
    else setTimeout(closeWhenSilent, Math.min(remainingMs, STREAMS_GRACE_MS), since).unref();
  }

  async function* lines(): AsyncGenerator<FramedLine[]> {
    const framer = createFramer();
    try {
      silentSince = performance.now();
      for await (const piece of child.stdout) {
        silentSince = Number.POSITIVE_INFINITY;
        const complete = framer.push(piece as Uint8Array);
        if (complete.length > 0) yield complete;
        silentSince = performance.now();
      }
    } catch {
      // A destroyed or broken stdout ends the lines like any other end. The exit facts and the
      // lines show what happened.
    }
    const lastLine = framer.flush();
    if (lastLine) yield [lastLine];
  }

  const abandoned = Promise.withResolvers<Exit>();
  const closed = Promise.race([settle(child), abandoned.promise]);
  const ended = once(child.nodeChildProcess, 'exit').then(
    ([code, signal]): Exit => ({ code, signal }),
    () => closed, // the process was never spawned
  );
  return {
    pid: child.pid,
    lines,
    exit: Promise.race([ended, closed]),
    closed,
    write(text) {
      if (child.stdin.writable) child.stdin.write(text);
    },
    async drained() {
      if (child.stdin.writableNeedDrain) await drainOrClose(child.stdin);
    },
    closeInput() {
      if (child.stdin.writable) child.stdin.end();
    },
    stderrTail: () => tail.text(),
    signal: (name) => signalGroup(child.pid, name),
    abandon() {
      for (const stream of child.nodeChildProcess.stdio) stream?.destroy();
      child.nodeChildProcess.unref();
      abandoned.resolve({ code: null, signal: null });
    },
  };
}

function drainOrClose(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}

/** Signals the process group of `pid`. Returns the errno if the signal is refused, else null. */
function signalGroup(pid: number | undefined, name: NodeJS.Signals): string | null {
  if (pid === undefined) return null;
  try {
    process.kill(-pid, name);
    return null;
  } catch (error) {
    // ESRCH: the group is already gone, so there is nothing to signal.
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    return code === 'ESRCH' ? null : code;
  }
}

async function settle(child: PromiseLike<unknown>): Promise<Exit> {
  const result = (await child) as {
    exitCode?: number;
    signal?: string;
    code?: string;
    shortMessage?: string;
  };
  const exit: Exit = { code: result.exitCode ?? null, signal: result.signal ?? null };
  if (exit.code !== null || exit.signal !== null || result.code === undefined) return exit;
  return {
    ...exit,
    spawnError: { code: result.code, message: result.shortMessage ?? result.code },
  };
}
