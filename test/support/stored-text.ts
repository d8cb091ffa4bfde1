// Everything that the stores hold and that processes show, as text in which a test looks for a secret.
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { openWorkerRedis } from '@baton/core/internal';
import { type Binary, BSON, type Db, type Document } from 'mongodb';
import { uncompressSync } from 'snappy';
import { redisUrl } from './services.ts';

/** Returns every document of a database, with transcripts decompressed. */
export async function storedText(db: Db): Promise<string> {
  const collections = await db.collections();
  const documents = await Promise.all(
    collections.map((collection) => collection.find().toArray() as Promise<Document[]>),
  );
  return documents
    .flat()
    .map((one) => `${JSON.stringify(one)}${bytesOf(one)}${one['encoding'] ? unpacked(one) : ''}`)
    .join('\n');
}

// JSON shows binary values in base64.
function bytesOf(one: Document): string {
  return Buffer.from(BSON.serialize(one)).toString('utf8');
}

function unpacked({ encoding, data }: Document): string {
  const bytes = (data as Binary).value();
  const whole =
    encoding === 'snappy' ? uncompressSync(bytes, { asBuffer: true }) : gunzipSync(bytes);
  return whole.toString('utf8');
}

/** Returns every key of Redis that begins with `prefix`, with its value. */
export async function queuedText(prefix: string): Promise<string> {
  const client = openWorkerRedis(redisUrl());
  const found: string[] = [];
  try {
    for await (const keys of client.scanStream({ match: `${prefix}:*`, count: 1000 }))
      for (const key of keys as string[]) found.push(`${key} ${await readValue(key)}`);
  } finally {
    client.disconnect();
  }
  return found.join('\n');

  async function readValue(key: string): Promise<string> {
    const type = await client.type(key);
    if (type === 'string') return (await client.get(key)) ?? '';
    if (type === 'hash') return JSON.stringify(await client.hgetall(key));
    if (type === 'list') return JSON.stringify(await client.lrange(key, 0, -1));
    if (type === 'set') return JSON.stringify(await client.smembers(key));
    if (type === 'zset') return JSON.stringify(await client.zrange(key, 0, '-1'));
    if (type === 'stream') return JSON.stringify(await client.xrange(key, '-', '+'));
    if (type === 'none') return ''; // the key has expired
    throw new Error(`expected a known type of ${key}, got ${type}`);
  }
}

/** Returns the names of the running processes whose arguments or environment hold one of the texts. */
export function processesThatShow(texts: readonly string[]): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const shown = readProcess(pid, 'cmdline') + readProcess(pid, 'environ');
    return texts.some((text) => shown.includes(text)) ? [readProcess(pid, 'comm').trim()] : [];
  });
}

function readProcess(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // the process has ended
  }
}
