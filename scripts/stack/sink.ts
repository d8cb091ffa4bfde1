import { prettyFactory } from 'pino-pretty';

/** Writes the log lines of a launcher and of its programs. */
export type Sink = {
  /** Writes a line that a program logged, usually JSON. */
  readonly child: (line: string) => void;
  /** Writes a line of the launcher at level info. */
  readonly info: (line: string) => void;
  /** Writes a line of the launcher at level warn. */
  readonly warn: (line: string) => void;
  /** Writes a line of the launcher at level error. */
  readonly error: (line: string) => void;
};

/** The levels of the launcher's own lines, with pino's numbers. */
const LEVELS = { info: 30, warn: 40, error: 50 };

/**
 * Creates a sink that writes to standard error: as text on a terminal, otherwise one JSON object
 * per line.
 */
export function createSink({ stderr }: Pick<NodeJS.Process, 'stderr'>): Sink {
  stderr.on('error', () => {}); // the terminal is gone; the launcher must still stop cleanly
  const pretty = prettyFactory({
    colorize: stderr.isTTY,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  });
  const own = (level: number) => (msg: string) => {
    const json = { level, time: Date.now(), pid: process.pid, name: 'baton', msg };
    stderr.write(stderr.isTTY ? `baton: ${msg}\n` : `${JSON.stringify(json)}\n`);
  };
  return {
    child: (line) => void stderr.write(stderr.isTTY ? pretty(line) : `${line}\n`),
    info: own(LEVELS.info),
    warn: own(LEVELS.warn),
    error: own(LEVELS.error),
  };
}
