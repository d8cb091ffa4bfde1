// Restores transcripts of sessions that continue from the middle of their parent.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { restoreTranscript } from '../../../../apps/worker/src/transcript/restore.ts';
import { makeChild, makeSession } from '../../../support/factories.ts';
import { read, sha256, write } from '../../core/store/transcript-scene.ts';
import { test as base } from '../../core/stores.ts';

// biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
const test = base.extend('folder', async ({}, { onCleanup }) => {
  const root = await mkdtemp(join(tmpdir(), 'baton-test-'));
  onCleanup(() => rm(root, { recursive: true, force: true }));
  return async () => {
    const folder = join(root, newId());
    await mkdir(folder);
    return folder;
  };
});

const UUIDS = Array.from({ length: 6 }, () => newId());

// The lines are long, so that a file is read in several pieces.
const line = (index: number) => {
  const uuid = UUIDS[index];
  const parentUuid = UUIDS[index - 1] ?? null;
  const text = `entry ${index} `.repeat(15_000);
  return `${JSON.stringify({ type: index % 2 ? 'assistant' : 'user', parentUuid, uuid, message: { content: text } })}\n`;
};
const entries = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => line(from + i)).join('');

describe('a session that continues from the middle of its parent', () => {
  test('gets the main file up to that entry, and the other files as they are', async ({
    stores,
    folder,
  }) => {
    const { transcripts } = stores;
    const root = makeSession();
    const path = `${root.id}.jsonl`;
    const whole = Buffer.from(entries(0, 6));
    const main = await write(transcripts, root, whole, { path, chunk: 100_000 });
    const agent = `${root.id}/subagents/agent-one.jsonl`;
    const agentLines = Buffer.from(entries(0, 4));
    const other = await write(transcripts, root, agentLines, { path: agent, chunk: 100_000 });
    const parent = { ...main.session, transcript: { files: [main.file, other.file] } };

    for (const index of UUIDS.keys()) {
      const uuid = UUIDS[index] ?? '';
      const child = makeChild(parent, { continues_at: { seq: 3, uuid } });
      const project = await folder();
      const restored = await restoreTranscript(transcripts, [parent], child, project);
      const kept = Buffer.from(entries(0, index + 1));
      expect(sha256(await readFile(join(project, path)))).toBe(sha256(kept));
      expect(sha256(await readFile(join(project, agent)))).toBe(sha256(agentLines));
      const first = restored.files.find((file) => file.path === path);
      const second = restored.files.find((file) => file.path === agent);
      expect(first).toMatchObject({
        path,
        base: kept.length,
        asStored: kept.length,
        length: kept.length,
      });
      expect(first?.hash.copy().digest('hex')).toBe(sha256(kept));
      expect(second).toMatchObject({ path: agent, base: agentLines.length });
    }
  });

  test('keeps the cut in its later attempts, and its own continues begin at its end', async ({
    stores,
    folder,
  }) => {
    const { transcripts } = stores;
    const root = makeSession();
    const path = `${root.id}.jsonl`;
    const parent = await write(transcripts, root, Buffer.from(entries(0, 4)), { path });
    const kept = entries(0, 2);
    const point = { continues_at: { seq: 3, uuid: UUIDS[1] ?? '' } };
    const whole = Buffer.from(kept + entries(4, 6));
    const child = await write(transcripts, makeChild(root, point), whole, {
      path,
      base: kept.length,
    });
    const lineage = [child.session, parent.session];
    expect(sha256(await read(transcripts, child.file, lineage))).toBe(sha256(whole));
    const grandchild = makeChild(root, { parent_session_id: child.session.id });
    for (const session of [child.session, grandchild]) {
      const project = await folder();
      const restored = await restoreTranscript(transcripts, lineage, session, project);
      expect(sha256(await readFile(join(project, path)))).toBe(sha256(whole));
      const isOwn = session === child.session;
      expect(restored.files).toMatchObject([{ base: isOwn ? kept.length : whole.length }]);
      expect(restored.uuids).toEqual(new Set(isOwn ? [UUIDS[4], UUIDS[5]] : []));
    }
  });

  test('ends at the first of equal entries, because a compaction appends old entries again', async ({
    stores,
    folder,
  }) => {
    const root = makeSession();
    const path = `${root.id}.jsonl`;
    const compacted = Buffer.from(entries(0, 4) + line(1) + line(2) + entries(4, 6));
    const parent = await write(stores.transcripts, root, compacted, { path });
    const child = makeChild(root, { continues_at: { seq: 3, uuid: UUIDS[1] ?? '' } });
    const project = await folder();
    await restoreTranscript(stores.transcripts, [parent.session], child, project);
    expect(sha256(await readFile(join(project, path)))).toBe(sha256(Buffer.from(entries(0, 2))));
  });

  test('is refused if the entry is not in the main file', async ({ stores, folder }) => {
    const root = makeSession();
    const path = `${root.id}.jsonl`;
    const main = await write(stores.transcripts, root, Buffer.from(entries(0, 2)), { path });
    const child = makeChild(root, { continues_at: { seq: 7, uuid: UUIDS[3] ?? '' } });
    const restoring = restoreTranscript(stores.transcripts, [main.session], child, await folder());
    await expect(restoring).rejects.toMatchObject({
      code: 'EVENT_NOT_IN_TRANSCRIPT',
      details: { field: 'at' },
    });
  });

  test('is refused if the parent is damaged behind that entry', async ({ stores, folder }) => {
    const root = makeSession();
    const path = `${root.id}.jsonl`;
    const { session, file } = await write(stores.transcripts, root, Buffer.from(entries(0, 4)), {
      path,
    });
    const damaged: Session = {
      ...session,
      transcript: { files: [{ ...file, sha256: '0'.repeat(64) }] },
    };
    const child = makeChild(root, { continues_at: { seq: 3, uuid: UUIDS[0] ?? '' } });
    const restoring = restoreTranscript(stores.transcripts, [damaged], child, await folder());
    await expect(restoring).rejects.toMatchObject({ code: 'TRANSCRIPT_CORRUPT' });
  });
});
