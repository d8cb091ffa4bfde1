import { prettyFactory } from 'pino-pretty';

/** Where the lines of a launcher and of its programs go. */
export type Sink = {
  /** Takes a line that a program logged: JSON as a rule. */
  readonly child: (line: string) => void;
  /** Says something of the launcher's own. */
  readonly say: (line: string) => void;
};

/** Writes to standard error: for reading on a terminal, else one JSON object a line. */
export function createSink({ stderr }: Pick<NodeJS.Process, 'stderr'>): Sink {
  stderr.on('error', () => {}); // its terminal or reader has gone: an orderly stop goes on without it
  const pretty = prettyFactory({
    colorize: stderr.isTTY,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  });
  const json = (msg: string) =>
    JSON.stringify({ level: 30, time: Date.now(), pid: process.pid, name: 'baton', msg });
  return stderr.isTTY
    ? {
        child: (line) => void stderr.write(pretty(line)),
        say: (line) => void stderr.write(`baton: ${line}\n`),
      }
    : {
        child: (line) => void stderr.write(`${line}\n`),
        say: (line) => void stderr.write(`${json(line)}\n`),
      };
}
