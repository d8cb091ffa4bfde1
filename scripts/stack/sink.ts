import { prettyFactory } from 'pino-pretty';

/** Where the lines of a launcher and of its programs go. */
export type Sink = {
  /** Takes a line that a program logged: JSON as a rule. */
  readonly child: (line: string) => void;
  /** Writes a line of the launcher's own, at level info. */
  readonly info: (line: string) => void;
  /** Writes a line about something that works only in part, at level warn. */
  readonly warn: (line: string) => void;
  /** Writes why the launcher fails, at level error. */
  readonly error: (line: string) => void;
};

/** The levels of the launcher's own lines, as pino numbers them. */
const LEVELS = { info: 30, warn: 40, error: 50 };

/** Writes to standard error: for reading on a terminal, else one JSON object a line. */
export function createSink({ stderr }: Pick<NodeJS.Process, 'stderr'>): Sink {
  stderr.on('error', () => {}); // its terminal or reader has gone: an orderly stop goes on without it
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
