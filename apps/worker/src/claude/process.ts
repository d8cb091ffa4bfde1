import { once } from 'node:events';
import { execa } from 'execa';
import { createByteTail } from './byte-tail.ts';
import type { Command } from './command.ts';
import { createFramer, type FramedLine } from './framer.ts';

/** How a process ended, as far as the operating system tells. */
export interface Exit {
  code: number | null;
  signal: string | null;
  spawnError?: { code: string; message: string };
}

/** A running `claude`. */
export interface ClaudeProcess {
  readonly pid: number | undefined;
  /** Its lines, in order; reading them slowly slows the process down. Ends when stdout does. */
  lines(): AsyncGenerator<FramedLine[]>;
  /** Resolves once the process has ended, though lines of it may be unread; never rejects. */
  readonly exit: Promise<Exit>;
  /** Resolves once its streams are closed too: then all it said is known. Never rejects. */
  readonly closed: Promise<unknown>;
  /** The last 8 KiB of stderr. */
  stderrTail(): string;
  /** Signals the whole process group; harmless once it is gone. Returns the errno where that is refused, else null. */
  signal(name: NodeJS.Signals): string | null;
  /**
   * Waits no longer for a process that cannot be ended: its streams are closed here, `exit` and `closed`
   * resolve without exit facts, and it does not keep this process from ending.
   */
  abandon(): void;
}

/** How long silent streams may stay open after the process has ended, in milliseconds: a descendant may hold them. */
export const STREAMS_GRACE_MS = 2_000;

/** How much of the end of stderr is kept. */
export const STDERR_TAIL_BYTES = 8 * 1024;

/**
 * Starts `claude` in a process group of its own. `launcher` is put before it (`setpriv`, see
 * parent-death.ts). Its environment is the command's alone.
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
    input: command.stdin,
    detached: true,
    cleanup: false,
    reject: false,
    buffer: false,
    stripFinalNewline: false,
    encoding: 'buffer',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const tail = createByteTail(STDERR_TAIL_BYTES);
  child.stderr.on('data', (piece: Uint8Array) => tail.push(piece));
  // When stdout began to say nothing; never while what it said is being taken in.
  let silentSince = performance.now();
  child.nodeChildProcess.once('exit', () => {
    setTimeout(() => child.stderr.destroy(), STREAMS_GRACE_MS).unref();
    closeWhenSilent(performance.now());
  });

  // Not simply after a while: what a slow store has kept from being read yet may hold the answer.
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
      // A destroyed or broken stdout is an end like any other: the exit facts and the lines tell what it means.
    }
    const lastLine = framer.flush();
    if (lastLine) yield [lastLine];
  }

  const abandoned = Promise.withResolvers<Exit>();
  const closed = Promise.race([settle(child), abandoned.promise]);
  const ended = once(child.nodeChildProcess, 'exit').then(
    ([code, signal]): Exit => ({ code, signal }),
    () => closed, // it was never spawned, and ends by that error alone
  );
  return {
    pid: child.pid,
    lines,
    exit: Promise.race([ended, closed]),
    closed,
    stderrTail: () => tail.text(),
    signal: (name) => signalGroup(child.pid, name),
    abandon() {
      for (const stream of child.nodeChildProcess.stdio) stream?.destroy();
      child.nodeChildProcess.unref();
      abandoned.resolve({ code: null, signal: null });
    },
  };
}

/** Signals the process group of `pid`; returns the errno where that is refused, else null. */
function signalGroup(pid: number | undefined, name: NodeJS.Signals): string | null {
  if (pid === undefined) return null;
  try {
    process.kill(-pid, name);
    return null;
  } catch (error) {
    // ESRCH: the group is gone, which is what a signal is for.
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
