// A session whose transcript repeats a long run of base64, on two hosts.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import type { Step } from '../../../fake-claude/script.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { transcriptOf } from '../../../support/transcript-of.ts';

/** The environment of a worker whose host shares no folder with another host. */
async function hostOf({ root }: Fleet, name: string): Promise<Record<string, string>> {
  const host = { WORK_ROOT: 'work', HOME: 'home', TMPDIR: 'tmp' };
  const folders = Object.entries(host).map(([variable, folder]) => [
    variable,
    join(root, name, folder),
  ]);
  for (const [, folder] of folders) await mkdir(folder ?? '', { recursive: true });
  return Object.fromEntries(folders);
}

/** Steps that copy the transcript of this conversation, as it lies on the host now. */
function copiesTranscript(to: string, conversation = '*'): Step[] {
  const from = `"$CLAUDE_CONFIG_DIR"/projects/*/${conversation}.jsonl`;
  return [{ spawn: `cp ${from} ${to}.new && mv ${to}.new ${to}` }, { wait_for: to }];
}

test('a transcript that repeats a document is restored byte for byte on another host, and its document is stored once', async ({
  fleet,
}) => {
  const own = fleet.sibling(onTestFinished);
  const data = randomBytes(300_000).toString('base64');
  const [onFirst, onSecond] = [join(own.root, 'first.jsonl'), join(own.root, 'second.jsonl')];
  const line = `${JSON.stringify({ type: 'attachment', file: { data } })}\n`;
  const first = await own.worker(await hostOf(own, 'first'));
  // The prompt holds the document too, so the transcript of the session has it twice.
  const id = await own.play([
    { transcript: line },
    ...copiesTranscript(onFirst),
    { say: 'I read it.' },
  ]);
  const parent = await own.ended(id);
  await first.stop();
  expect(parent).toMatchObject({
    status: 'completed',
    requires: expect.arrayContaining(['transcript_parts']),
    transcript: { files: [{ has_parts: true }] },
  });
  const stored = await transcriptOf(own, parent);
  expect(stored.split(data)).toHaveLength(3);
  expect(stored.startsWith(await readFile(onFirst, 'utf8'))).toBe(true);

  await own.worker(await hostOf(own, 'second'));
  const child = await own.continue(id, {
    query: fakePrompt([{ transcript: line }, ...copiesTranscript(onSecond, id), { say: 'Again.' }]),
  });
  expect(await own.ended(child)).toMatchObject({
    status: 'completed',
    result: { result: 'Again.' },
    requires: expect.arrayContaining(['transcript_parts']),
    transcript: { files: [{ base: stored.length, generation: 0, has_parts: true }] },
  });
  const restored = await readFile(onSecond, 'utf8');
  expect(restored.startsWith(stored)).toBe(true);
  expect(restored.split(data)).toHaveLength(5);
  expect(await own.db.collection('transcript_parts').distinct('sha256')).toHaveLength(1);

  const { deletion } = own.baton;
  expect(await deletion.deleteConversation(id)).toBe('gone');
  for (const collection of ['transcripts', 'transcript_parts']) {
    expect(await own.db.collection(collection).countDocuments(), collection).toBe(0);
  }
});
