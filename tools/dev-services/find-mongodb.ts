import { join } from 'node:path';
import { type Candidate, type Found, parseKind } from './candidates.ts';
import type { Environment } from './environment.ts';
import type { Host } from './host.ts';
import { downloadedMongod, downloadMongod } from './mongod-download.ts';
import { isProgram, onPath } from './on-path.ts';
import { cachedSecantus } from './secantus-rs.ts';
import { installWheel } from './wheel.ts';

/** The kinds of servers with MongoDB's protocol, by the names that BATON_MONGODB accepts. */
export const mongodbKinds = ['url', 'mongod', 'secantusd-rs', 'download', 'secantusd-py'] as const;
/** A kind of MongoDB server. */
export type MongodbKind = (typeof mongodbKinds)[number];

/** The places where Baton looks for a MongoDB server, in this order. */
export const mongodbCandidates: readonly Candidate<MongodbKind, Host>[] = [
  {
    kind: 'url',
    looksFor: 'MONGODB_URL',
    find: async ({ env }) => (env['MONGODB_URL'] ? { url: env['MONGODB_URL'] } : undefined),
  },
  { kind: 'mongod', looksFor: 'mongod on PATH', find: onPath('mongod') },
  { kind: 'download', looksFor: "mongod in Baton's cache", find: downloadedMongod },
  { kind: 'secantusd-rs', looksFor: 'secantusd-rs on PATH', find: onPath('secantusd-rs') },
  {
    kind: 'secantusd-rs',
    looksFor: "secantusd-rs in Baton's cache (npm run services:fast builds it)",
    find: builtSecantus,
  },
  { kind: 'download', looksFor: "MongoDB's own download of mongod", find: downloadMongod },
  { kind: 'secantusd-py', looksFor: 'the wheel SecantusDB 0.7.0b3', find: fromWheel },
];

/** The advice if no MongoDB server was found. */
export const mongodbAdvice =
  'Install MongoDB (6 or later) so that mongod is on PATH, or Python 3.10 to 3.13 with venv, or set MONGODB_URL to a running MongoDB.';

/** Reads BATON_MONGODB, the kind to use. Undefined means the first kind that is found. */
export function forcedMongodb(env: Environment): MongodbKind | undefined {
  return parseKind('BATON_MONGODB', env['BATON_MONGODB'], mongodbKinds);
}

async function builtSecantus({ cache }: Host): Promise<Found | undefined> {
  const program = cachedSecantus(cache);
  return (await isProgram(program)) ? { program, from: program } : undefined;
}

async function fromWheel(host: Host): Promise<Found> {
  const wheel = { name: 'SecantusDB', version: '0.7.0b3', pins: 'secantusdb.txt' };
  const venv = await installWheel(wheel, host);
  return {
    program: join(venv, 'bin', 'python'),
    // the wheel's own script is not used, because it names the folder in which the environment was built
    firstArgs: ['-c', 'from secantus.cli import main; main()'],
    from: `the wheel ${wheel.name} ${wheel.version}`,
  };
}
