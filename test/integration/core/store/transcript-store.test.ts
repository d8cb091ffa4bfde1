import { randomBytes } from 'node:crypto';
import { CHUNK_MAX_BYTES, type TranscriptFile } from '@baton/core/internal';
import type { Binary } from 'mongodb';
import { describe, expect } from 'vitest';
import { makeChild, makeSession } from '../../../support/factories.ts';
import { test } from '../stores.ts';
import { read, sha256, write } from './transcript-scene.ts';

describe('a transcript', () => {
  test.for<[string, Buffer]>([
    ['text', Buffer.from('{"type":"user"}\n{"type":"assistant","text":"é 😀"}\n')],
    ['bytes of any kind', randomBytes(10_000)],
    ['zeros and newlines', Buffer.from([0, 10, 0, 13, 10, 255, 254, 0])],
    ['an empty file', Buffer.alloc(0)],
  ])('is read back byte for byte: %s', async ([, data], { stores: { transcripts } }) => {
    const { session, file } = await write(transcripts, makeSession(), data);
    expect(await read(transcripts, file, [session])).toEqual(data);
  });

  test('may have an incompressible chunk of the largest size', async ({
    stores: { transcripts },
  }) => {
    const data = randomBytes(CHUNK_MAX_BYTES);
    const written = await write(transcripts, makeSession(), data, { chunk: CHUNK_MAX_BYTES });
    const back = await read(transcripts, written.file, [written.session]);
    expect(back.equals(data)).toBe(true);
  });

  test('is compressed, whether its chunks are small or large', async ({
    stores: { transcripts },
    db,
  }) => {
    const data = Buffer.from('{"type":"user"}\n'.repeat(10_000));
    const { session, file } = await write(transcripts, makeSession(), data, { chunk: 70_000 });
    expect(await read(transcripts, file, [session])).toEqual(data);
    const chunks = await db
      .collection<{ encoding: string; data: Binary; bytes: number }>('transcripts')
      .find({ session_id: session.id })
      .sort({ offset: 1 })
      .toArray();
    expect(chunks.map(({ encoding }) => encoding)).toEqual(['gzip', 'gzip', 'snappy']);
    for (const { data, bytes } of chunks) expect(data.length()).toBeLessThan(bytes / 10);
  });

  test('that three sessions continue in turn is stored in parts, and the last session reads every part', async ({
    stores: { transcripts },
    db,
  }) => {
    const whole = randomBytes(9_500);
    const root = await write(transcripts, makeSession(), whole.subarray(0, 3_500));
    const child = await write(transcripts, makeChild(root.session), whole.subarray(0, 6_100), {
      base: 3_500,
    });
    const leaf = await write(transcripts, makeChild(child.session), whole, { base: 6_100 });
    const lineage = [leaf.session, child.session, root.session];
    expect(await read(transcripts, leaf.file, lineage)).toEqual(whole);
    expect(await read(transcripts, child.file, lineage.slice(1))).toEqual(whole.subarray(0, 6_100));
    const stored = await db
      .collection('transcripts')
      .aggregate<{ bytes: number }>([
        { $match: { session_id: { $in: lineage.map((one) => one.id) } } },
        { $group: { _id: null, bytes: { $sum: '$bytes' } } },
      ])
      .next();
    expect(stored?.bytes).toBe(whole.length);
  });

  test("of a child has only the parent's bytes that the child started with", async ({
    stores: { transcripts },
  }) => {
    const parent = await write(transcripts, makeSession(), randomBytes(5_000));
    const parentBytes = await read(transcripts, parent.file, [parent.session]);
    const whole = Buffer.concat([parentBytes.subarray(0, 2_222), randomBytes(500)]);
    const child = await write(transcripts, makeChild(parent.session), whole, { base: 2_222 });
    expect(await read(transcripts, child.file, [child.session, parent.session])).toEqual(whole);
  });

  test("of a child that added nothing is its parent's transcript", async ({
    stores: { transcripts },
  }) => {
    const data = randomBytes(2_500);
    const parent = await write(transcripts, makeSession(), data);
    const child = await write(transcripts, makeChild(parent.session), data, { base: 2_500 });
    expect(await read(transcripts, child.file, [child.session, parent.session])).toEqual(data);
  });

  test('of a branch has nothing of another branch', async ({ stores: { transcripts } }) => {
    const parent = await write(transcripts, makeSession(), randomBytes(1_500));
    const start = await read(transcripts, parent.file, [parent.session]);
    for (const own of [randomBytes(800), randomBytes(1_300)]) {
      const whole = Buffer.concat([start, own]);
      const branch = await write(transcripts, makeChild(parent.session), whole, { base: 1_500 });
      expect(await read(transcripts, branch.file, [branch.session, parent.session])).toEqual(whole);
    }
  });

  test('that was rewritten is read as the new file, not as the old file, even by a child', async ({
    stores: { transcripts },
  }) => {
    const parent = await write(transcripts, makeSession(), randomBytes(3_000));
    const rewritten = randomBytes(1_200);
    const session = makeChild(parent.session);
    await write(transcripts, session, randomBytes(4_000), { base: 3_000 });
    const own = await write(transcripts, session, rewritten, { generation: 1 });
    expect(await read(transcripts, own.file, [own.session, parent.session])).toEqual(rewritten);
    const whole = Buffer.concat([rewritten, randomBytes(700)]);
    const leaf = await write(transcripts, makeChild(own.session), whole, { base: 1_200 });
    expect(await read(transcripts, leaf.file, [leaf.session, own.session, parent.session])).toEqual(
      whole,
    );
  });
});

describe('the chunks of a dead attempt', () => {
  test('are ignored if the manifest does not count them', async ({ stores: { transcripts } }) => {
    const whole = randomBytes(4_000);
    const session = makeSession();
    await write(transcripts, session, whole);
    const committed = { path: 'main.jsonl', base: 0, generation: 0, length: 2_500 };
    const file = { ...committed, sha256: sha256(whole.subarray(0, 2_500)) };
    expect(await read(transcripts, file, [session])).toEqual(whole.subarray(0, 2_500));
  });

  test('are replaced or skipped, wherever the next attempt splits its chunks', async ({
    stores: { transcripts },
  }) => {
    const session = makeSession();
    const kept = randomBytes(1_000);
    await write(transcripts, session, Buffer.concat([kept, randomBytes(3_000)]), { chunk: 500 });
    const whole = Buffer.concat([kept, randomBytes(2_400)]);
    for (let offset = 1_000; offset < whole.length; offset += 700) {
      const location = {
        session_id: session.id,
        path: 'main.jsonl',
        generation: 0,
        offset,
        fence: 2,
      };
      await transcripts.put(location, whole.subarray(offset, offset + 700));
    }
    const file: TranscriptFile = {
      path: 'main.jsonl',
      base: 0,
      length: whole.length,
      generation: 0,
      sha256: sha256(whole),
    };
    expect(await read(transcripts, file, [session])).toEqual(whole);
  });

  test('cannot overwrite chunks of a newer fence', async ({ stores: { transcripts } }) => {
    const whole = randomBytes(900);
    const { session, file } = await write(transcripts, makeSession(), whole, { fence: 2 });
    const location = {
      session_id: session.id,
      path: file.path,
      generation: 0,
      offset: 0,
      fence: 1,
    };
    await expect(transcripts.put(location, randomBytes(900))).rejects.toMatchObject({
      code: 'FENCE_LOST',
    });
    expect(await read(transcripts, file, [session])).toEqual(whole);
  });

  test('do not keep other chunks of one bulk write from being stored', async ({
    stores: { transcripts },
    db,
  }) => {
    const session = makeSession();
    const location = (offset: number, fence: number) => ({
      session_id: session.id,
      path: 'main.jsonl',
      generation: 0,
      offset,
      fence,
    });
    await transcripts.put(location(0, 1), Buffer.from('older'));
    await transcripts.put(location(100, 3), Buffer.from('newer'));
    const puts = Array.from({ length: 300 }, (_, at) =>
      transcripts.put(location(at, 2), Buffer.from(`ours ${at}`)),
    );
    const settled = await Promise.allSettled(puts);
    const refused = settled.flatMap((one, at) =>
      one.status === 'rejected' ? [[at, one.reason.code]] : [],
    );
    expect(refused).toEqual([[100, 'FENCE_LOST']]);
    const chunks = db.collection('transcripts');
    expect(await chunks.countDocuments({ session_id: session.id, fence: 2 })).toBe(299);
    expect(await chunks.countDocuments({ session_id: session.id })).toBe(300);
  });

  test('are stored once if the attempt writes the same bytes twice', async ({
    stores: { transcripts },
    db,
  }) => {
    const whole = randomBytes(900);
    const session = makeSession();
    await write(transcripts, session, whole);
    const { file } = await write(transcripts, session, whole);
    expect(await read(transcripts, file, [session])).toEqual(whole);
    expect(await db.collection('transcripts').countDocuments({ session_id: session.id })).toBe(1);
  });
});
