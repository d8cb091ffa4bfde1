import type { Progress } from '@baton/core/internal';
import { describe, expect, vi } from 'vitest';
import { test } from '../../../support/services.ts';
import { untilPasses } from '../../../support/wait.ts';
import { setScene } from './recorder-scene.ts';

const KIB = 1024;

function line(raw: string) {
  return { type: 'assistant', raw, bytes: Buffer.byteLength(raw) };
}

function lines(count: number, from = 1): ReturnType<typeof line>[] {
  return Array.from({ length: count }, (_, index) => line(`{"n":${from + index}}`));
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('the recorder', () => {
  test('writes every line once, in order, without a gap in seq', async ({ db }) => {
    const { recorder, stored, document } = await setScene(db);
    for (const one of lines(1_000)) await recorder.record(one);
    expect(await recorder.finish()).toBe(true);
    const events = await stored();
    expect(events.map(({ seq }) => seq)).toEqual(upTo(1_000));
    expect(events.map(({ raw }) => raw)).toEqual(lines(1_000).map(({ raw }) => raw));
    expect((await document()).last_event_seq).toBe(1_000);
  });

  test('writes at most 256 events and 256 KiB at once', async ({ db }) => {
    const batches: { events: number; bytes: number }[] = [];
    const { recorder } = await setScene(db, {
      events: (store) => ({
        insert: (events) => {
          const bytes = events.reduce((sum, { raw }) => sum + Buffer.byteLength(raw), 0);
          batches.push({ events: events.length, bytes });
          return store.insert(events);
        },
      }),
    });
    const wide = '€'.repeat(30 * KIB);
    for (const one of [...lines(600), ...upTo(5).map(() => line(wide))]) await recorder.record(one);
    await recorder.finish();
    expect(batches.reduce((sum, { events }) => sum + events, 0)).toBe(605);
    expect(Math.max(...batches.map(({ events }) => events))).toBe(256);
    expect(Math.max(...batches.map(({ bytes }) => bytes))).toBeLessThanOrEqual(256 * KIB);
  });

  test('raises last_event_seq only after the events up to it are stored', async ({ db }) => {
    const seen: { before: number; first: number }[] = [];
    const { recorder, document, stored } = await setScene(db, {
      events: (store) => ({
        async insert(events) {
          await store.insert(events);
          seen.push({ before: (await document()).last_event_seq, first: events[0]?.seq ?? 0 });
        },
      }),
      owned: (owned) => ({
        async commit(progress) {
          expect((await stored()).length).toBeGreaterThanOrEqual(progress.last_event_seq ?? 0);
          return owned.commit(progress);
        },
      }),
    });
    for (const one of lines(700)) await recorder.record(one);
    expect(await recorder.finish()).toBe(true);
    expect(seen.length).toBeGreaterThanOrEqual(3);
    for (const { before, first } of seen) expect(before).toBeLessThan(first);
    expect((await document()).last_event_seq).toBe(700);
  });

  test('commits a result only together with its line', async ({ db }) => {
    const commits: Progress[] = [];
    const result = { type: 'result', subtype: 'success', is_error: false } as const;
    const { recorder } = await setScene(db, {
      progress: () => ({ last_result: result }),
      owned: (owned) => ({
        commit: (progress) => {
          commits.push(progress);
          return owned.commit(progress);
        },
      }),
    });
    for (const one of lines(600)) await recorder.record(one);
    await recorder.finish();
    for (const { last_event_seq, last_result } of commits) {
      expect(last_result !== undefined).toBe(
        last_event_seq === undefined || last_event_seq === 600,
      );
    }
    expect(commits.some(({ last_result }) => last_result)).toBe(true);
  });

  test('commits an amendment with the next batch, or alone if no batch follows', async ({ db }) => {
    const commits: Progress[] = [];
    const { recorder, document } = await setScene(db, {
      owned: (owned) => ({
        commit: (progress) => {
          commits.push(progress);
          return owned.commit(progress);
        },
      }),
    });
    const manifest = (length: number) => ({
      files: [{ path: 'a.jsonl', base: 0, length, sha256: '', generation: 0 }],
    });
    recorder.amend({ transcript: manifest(1) });
    await recorder.record(line('{"n":1}'));
    await untilPasses(async () => expect(await document()).toMatchObject({ last_event_seq: 1 }));
    expect(commits).toEqual([{ last_event_seq: 1, transcript: manifest(1) }]);
    recorder.amend({ transcript: manifest(2) });
    recorder.amend({ transcript: manifest(3) });
    await untilPasses(async () =>
      expect(await document()).toMatchObject({ transcript: manifest(3) }),
    );
    expect(commits).toHaveLength(2);
    await recorder.record(line('{"n":2}'));
    await recorder.finish();
    expect(commits.slice(2).every(({ transcript }) => transcript === undefined)).toBe(true);
  });

  test('stores a message as delivered only with the event that shows it', async ({ db }) => {
    const [started, mayInsert] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const commits: Progress[] = [];
    const { recorder } = await setScene(db, {
      events: (store) => ({
        async insert(events) {
          started.resolve();
          await mayInsert.promise;
          return store.insert(events);
        },
      }),
      owned: (owned) => ({
        commit: (progress) => {
          commits.push(progress);
          return owned.commit(progress);
        },
      }),
    });
    await recorder.record(line('{"n":1}'));
    await started.promise;
    await recorder.record(line('{"n":2}'));
    recorder.amend({ transcript: { files: [] }, delivered: [{ id: 'shown by 2', seq: 2 }] });
    mayInsert.resolve();
    await recorder.flush();
    expect(commits.map(({ last_event_seq, delivered }) => [last_event_seq, delivered])).toEqual([
      [1, undefined],
      [2, ['shown by 2']],
    ]);
    await recorder.finish();
  });

  test('renews the lease while the CLI prints nothing', async ({ db }) => {
    const { recorder, document } = await setScene(db, { leaseMs: 300 });
    const expiry = async () => ((await document())['lease'] as { expires_at: Date }).expires_at;
    const first = await expiry();
    await vi.waitFor(async () => expect((await expiry()).getTime()).toBeGreaterThan(+first + 300), {
      timeout: 5_000,
    });
    expect((await document()).last_event_seq).toBe(0);
    await recorder.finish();
  });

  test('reports a cancel request that it reads from the document', async ({ db }) => {
    const { id, recorder, cancels } = await setScene(db);
    const at = new Date();
    await db
      .collection<{ _id: string }>('sessions')
      .updateOne({ _id: id }, { $set: { cancel_requested_at: at } });
    expect(await recorder.heartbeat()).toBe(true);
    expect(cancels).toEqual([at]);
    await recorder.finish();
  });

  test('writes nothing more once a newer fence holds the session', async ({ db }) => {
    const scene = await setScene(db);
    const { id, recorder, stored, document } = scene;
    await recorder.record(line('{"n":1}'));
    expect(await recorder.heartbeat()).toBe(true);
    await db
      .collection<{ _id: string }>('sessions')
      .updateOne({ _id: id }, { $inc: { 'lease.fence': 1 } });
    const before = await document();
    expect(recorder.mustStopWriting).toBe(false);
    await recorder.record(line('{"n":2}'));
    await untilPasses(() => expect(scene.lost).toBe(1));
    const left = await stored();
    for (const one of lines(5_000, 3)) await recorder.record(one);
    expect(recorder.mustStopWriting).toBe(true);
    expect(await recorder.heartbeat()).toBe(false);
    expect(await recorder.finish()).toBe(false);
    expect(await document()).toEqual(before);
    expect(await stored()).toEqual(left);
    expect(scene.lost).toBe(1);
  });

  test('repeats a write whose answer was lost, and stores nothing twice', async ({ db }) => {
    let inserts = 0;
    let commits = 0;
    const { recorder, errors, stored, document } = await setScene(db, {
      events: (store) => ({
        async insert(events) {
          await store.insert(events);
          inserts += 1;
          if (inserts === 1) throw new Error('no answer to the insert');
        },
      }),
      owned: (owned) => ({
        async commit(progress) {
          const held = await owned.commit(progress);
          commits += 1;
          if (commits === 1) throw new Error('no answer to the commit');
          return held;
        },
      }),
    });
    for (const one of lines(100)) await recorder.record(one);
    expect(await recorder.finish()).toBe(true);
    expect(errors).toHaveLength(2);
    expect((await stored()).map(({ seq }) => seq)).toEqual(upTo(100));
    expect((await document()).last_event_seq).toBe(100);
  });

  test('makes its caller wait while the store is stuck, and loses no line', async ({ db }) => {
    const gate = Promise.withResolvers<void>();
    const { recorder, stored } = await setScene(db, {
      events: (store) => ({ insert: (events) => gate.promise.then(() => store.insert(events)) }),
    });
    let taken = 0;
    async function recordAll(): Promise<void> {
      for (const one of lines(6_000)) {
        taken += 1;
        await recorder.record(one);
      }
    }
    const all = recordAll();
    await untilPasses(() => expect(taken).toBeGreaterThan(4_000));
    const waitsAt = taken;
    await new Promise(setImmediate);
    expect(taken).toBe(waitsAt);
    expect(waitsAt).toBeLessThanOrEqual(4_096 + 256);
    gate.resolve();
    await all;
    expect(await recorder.finish()).toBe(true);
    expect((await stored()).map(({ seq }) => seq)).toEqual(upTo(6_000));
  });

  test('limits the bytes of the lines that wait, not only their number', async ({ db }) => {
    const gate = Promise.withResolvers<void>();
    const { recorder } = await setScene(db, {
      events: (store) => ({ insert: (events) => gate.promise.then(() => store.insert(events)) }),
    });
    const mebibyte = line('x'.repeat(KIB * KIB));
    let taken = 0;
    while (taken < 20 && recorder.record(mebibyte) === undefined) taken += 1;
    expect(taken).toBeLessThan(10);
    gate.resolve();
    expect(await recorder.finish()).toBe(true);
  });

  test('cuts a type that is too long for a document', async ({ db }) => {
    const { recorder, stored } = await setScene(db);
    const long = 't'.repeat(17 * KIB * KIB);
    await recorder.record({ type: long, subtype: long, raw: '{}', bytes: 2 });
    expect(await recorder.finish()).toBe(true);
    expect(await stored()).toMatchObject([{ type: 't'.repeat(256), subtype: 't'.repeat(256) }]);
  });
});
