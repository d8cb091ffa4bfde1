import { MongoClient } from 'mongodb';
import type { Choice } from './candidates.ts';
import { reasonOf, ServicesError } from './errors.ts';
import type { MongodbKind } from './find-mongodb.ts';
import type { Host } from './host.ts';
import type { StartedServer } from './open-service.ts';
import { freePort } from './port.ts';
import { type ServerPlan, startServer } from './server.ts';
import { withoutPassword } from './url.ts';

/** The answer of a MongoDB server: its URL and version. */
export type MongodbAnswer = { readonly url: string; readonly version: string };

const attempts = 3;

/** Starts the found program with its data folder, or checks that the given server answers. */
export async function startMongodb(
  choice: Choice<MongodbKind>,
  host: Host,
  dataDir: () => Promise<string>,
): Promise<StartedServer<MongodbAnswer>> {
  const { kind, found } = choice;
  if ('url' in found) return { answer: await probeGiven(found.url) };
  const cwd = await dataDir();
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const url = `mongodb://127.0.0.1:${port}`;
    const plan: ServerPlan<MongodbAnswer> = {
      name: kind,
      program: found.program,
      args: [...(found.firstArgs ?? []), ...mongodbArgs(kind, port, cwd)],
      env: { PATH: host.env['PATH'], HOME: cwd, LANG: 'C.UTF-8', PYTHONUNBUFFERED: '1' },
      cwd,
      probe: async (pid, output) =>
        isListening(kind, output) ? probe(url, isSecantus(kind) ? undefined : pid) : undefined,
    };
    try {
      const server = await startServer(host.guardian, plan);
      return { answer: server.answer, server, restart: () => startServer(host.guardian, plan) };
    } catch (error) {
      // another process took the port first
      if (attempt === attempts || !/in use/i.test(reasonOf(error))) throw error;
    }
  }
}

/**
 * Returns the arguments for a server of this kind. The server listens on loopback and runs
 * standalone.
 */
export function mongodbArgs(kind: MongodbKind, port: number, dir: string): string[] {
  const secantus = ['--host', '127.0.0.1', '--port', `${port}`, '--storage-path', dir];
  switch (kind) {
    case 'secantusd-rs':
      // without --sync-on-commit, a kill loses acknowledged writes
      return [...secantus, '--standalone', '--cache-size', '512M', '--sync-on-commit'];
    case 'secantusd-py':
      return [...secantus, '--standalone', '--cache-size', '512M'];
    default:
      return ['--bind_ip', '127.0.0.1', '--port', `${port}`, '--dbpath', dir, '--nounixsocket'];
  }
}

// If another server has the port, that server's answer must not count. SecantusDB prints a line when it
// has the port, and mongod reports its pid (see `probe`).
function isListening(kind: MongodbKind, output: string): boolean {
  return !isSecantus(kind) || output.includes('listening on');
}

function isSecantus(kind: MongodbKind): boolean {
  return kind === 'secantusd-rs' || kind === 'secantusd-py';
}

async function probeGiven(url: string): Promise<MongodbAnswer> {
  try {
    return await probe(url);
  } catch (error) {
    throw new ServicesError(
      `MONGODB_URL is ${withoutPassword(url)}, but no MongoDB answers there (${reasonOf(error)}): start it, or unset MONGODB_URL`,
      { cause: error },
    );
  }
}

async function probe(url: string, pid?: number): Promise<MongodbAnswer> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: pid === undefined ? 5000 : 500 });
  try {
    await client.connect();
    const admin = client.db('admin');
    await admin.command({ hello: 1 });
    if (pid !== undefined) {
      const { pid: its } = await admin.command({ serverStatus: 1 });
      if (Number(its) !== pid) throw new ServicesError('the port is in use by another mongod');
    }
    const { version } = await admin.command({ buildInfo: 1 });
    return { url, version: `MongoDB ${version}` };
  } finally {
    await client.close();
  }
}
