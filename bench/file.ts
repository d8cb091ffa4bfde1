// Compares uploads and downloads of files through the API with GridFS by hand.
import { randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { defined, type Mongo, newId } from '@baton/core/internal';
import { GridFSBucket, type ObjectId } from 'mongodb';
import { startApi, startBare } from './http/servers.ts';
import { type Measure, median, rateMeasure } from './measure.ts';
import type { Urls } from './rig.ts';

const MIB = 1024 * 1024;
const LEAST = 0.7;
const WARM_UPS = 1;

/** What is stored and read in a round: `count` files, `atOnce` of them at the same time. */
interface Load {
  name: string;
  bytes: number;
  count: number;
  atOnce: number;
  rounds: number;
}

const LOADS: readonly Load[] = [
  { name: '32 MiB', bytes: 32 * MIB, count: 1, atOnce: 1, rounds: 9 },
  { name: '64 KiB, 8 at once', bytes: 64 * 1024, count: 128, atOnce: 8, rounds: 9 },
];

/** One way to store files. */
interface Files {
  put(bytes: Buffer): Promise<string>;
  /** Reads a file, and returns how many bytes it has. */
  read(id: string): Promise<number>;
  remove(id: string): Promise<void>;
}

const SIDES = ['ours', 'direct', 'route'] as const;

type Sides = Record<(typeof SIDES)[number], Files>;

/**
 * Stores and reads files through the API, in turn with the driver's GridFS in this process (no HTTP) and with routes that
 * only stream to and from GridFS. Compares the median rates.
 */
export async function benchFile(mongo: Mongo, urls: Urls): Promise<Measure[]> {
  const prefix = `bench-${newId()}`;
  const api = await startApi(urls, prefix);
  const bare = await startBare(urls, prefix);
  const agent = new Agent({ keepAlive: true });
  const sides: Sides = {
    ours: throughHttp(api.url, agent),
    direct: throughGridFs(mongo),
    route: throughHttp(bare.url, agent),
  };
  try {
    const measures: Measure[] = [];
    for (const load of LOADS) measures.push(...(await compare(sides, load)));
    return measures;
  } finally {
    agent.destroy();
    await Promise.all([api.stop(), bare.stop()]);
  }
}

async function compare(
  sides: Sides,
  { name, bytes, count, atOnce, rounds }: Load,
): Promise<Measure[]> {
  const content = randomBytes(bytes);
  const noRates = () => ({ ours: [] as number[], direct: [] as number[], route: [] as number[] });
  const rates = { upload: noRates(), download: noRates() };
  for (let round = 1; round <= WARM_UPS + rounds; round += 1) {
    for (const side of round % 2 === 0 ? SIDES : SIDES.toReversed()) {
      const files = sides[side];
      const ids: string[] = [];
      const times = {
        upload: await timeOf(count, atOnce, async () => {
          ids.push(await files.put(content));
        }),
        download: await timeOf(count, atOnce, async (index) => {
          const found = await files.read(ids[index] ?? '');
          if (found !== bytes) throw new Error(`expected ${bytes} bytes, found ${found}`);
        }),
      };
      await timeOf(count, atOnce, (index) => files.remove(ids[index] ?? ''));
      if (round <= WARM_UPS) continue;
      for (const way of ['upload', 'download'] as const) {
        rates[way][side].push((count * bytes) / MIB / (times[way] / 1000));
      }
    }
  }
  const measure = (way: 'upload' | 'download', against: string, side: 'direct' | 'route') =>
    rateMeasure(`${way} of ${name}, against ${against}`, 'MiB/s', {
      ours: median(rates[way].ours),
      byHand: median(rates[way][side]),
      least: LEAST,
    });
  return (['upload', 'download'] as const).flatMap((way) => [
    measure(way, 'GridFS by hand', 'direct'),
    measure(way, 'a route that only streams GridFS', 'route'),
  ]);
}

/** Runs `run` for each index below `count`, `atOnce` of them at the same time. Returns the milliseconds that it took. */
async function timeOf(
  count: number,
  atOnce: number,
  run: (index: number) => Promise<void>,
): Promise<number> {
  const start = performance.now();
  let next = 0;
  async function work(): Promise<void> {
    while (next < count) {
      const index = next;
      next += 1;
      await run(index);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  return performance.now() - start;
}

function throughHttp(url: string, agent: Agent): Files {
  async function call(method: string, path: string, body?: Buffer): Promise<IncomingMessage> {
    const headers = body && {
      'content-length': body.length,
      'content-type': 'application/octet-stream',
    };
    const asked = request(url + path, { method, agent, ...defined({ headers }) });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      asked.on('response', resolve).on('error', reject);
    });
    asked.end(body);
    const response = await answer;
    if ((response.statusCode ?? 500) >= 300) {
      throw new Error(`${method} ${path}: ${response.statusCode}`);
    }
    return response;
  }

  return {
    async put(bytes) {
      const response = await call('POST', '/v1/files', bytes);
      const chunks = await response.toArray();
      return (JSON.parse(String(Buffer.concat(chunks))) as { id: string }).id;
    },
    read: async (id) => countBytes(await call('GET', `/v1/files/${id}/content`)),
    async remove(id) {
      await countBytes(await call('DELETE', `/v1/files/${id}`));
    },
  };
}

function throughGridFs(mongo: Mongo): Files {
  const bucket = new GridFSBucket(mongo.db, { bucketName: 'by_hand' });
  const ids = new Map<string, ObjectId>();
  function idOf(text: string): ObjectId {
    const id = ids.get(text);
    if (!id) throw new Error(`expected a file ${text}`);
    return id;
  }
  return {
    async put(bytes) {
      const upload = bucket.openUploadStream('bench');
      await pipeline(Readable.from([bytes]), upload);
      ids.set(upload.id.toHexString(), upload.id);
      return upload.id.toHexString();
    },
    read: (id) => countBytes(bucket.openDownloadStream(idOf(id))),
    remove: (id) => bucket.delete(idOf(id)),
  };
}

async function countBytes(stream: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}
