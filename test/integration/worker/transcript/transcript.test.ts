import { ensureIndexes } from '@baton/core/internal';
import type { Binary } from 'mongodb';
import { describe, expect } from 'vitest';
import { type Fleet, test } from '../../../support/fleet.ts';
import { storedBytes } from '../../../support/stored-bytes.ts';

test.beforeAll(({ db }) => ensureIndexes(db));

describe('with saved transcripts,', () => {
  test.beforeAll(({ fleet }) => fleet.worker().then(() => undefined));

  async function conversation(fleet: Fleet): Promise<{ parent: string; child: string }> {
    const parent = await fleet.play([{ sub_agent: 'one' }, { say: 'first' }, { cost: 0.5 }]);
    await fleet.ended(parent);
    const child = await fleet.continue(parent, { query: 'second' });
    await fleet.ended(child);
    return { parent, child };
  }

  test('a continue gets the conversation and the files of sub-agents, and counts only its own cost', async ({
    fleet,
  }) => {
    const { parent, child } = await conversation(fleet);
    const session = await fleet.session(child);
    expect(session).toMatchObject({
      status: 'completed',
      root_session_id: parent,
      claude_session_id: parent,
      result: { result: 'You said: second (earlier prompts: 1)', total_cost_usd: 0.51 },
    });
    expect(session.totals.cost_usd).toBeCloseTo(0.01, 6);
    const paths = session.transcript.files.map(({ path, base, length }) => [path, length - base]);
    expect(paths).toEqual([
      [`${parent}.jsonl`, expect.toSatisfy((bytes: number) => bytes > 0)],
      [`${parent}/subagents/agent-one.jsonl`, 0],
      [`${parent}/subagents/agent-one.meta.json`, 0],
    ]);
    const own = session.transcript.files.reduce((sum, f) => sum + f.length - f.base, 0);
    expect(await storedBytes(fleet.db, session)).toBe(own);
  });

  test('two continues of one parent become two separate branches', async ({ fleet }) => {
    const { parent, child } = await conversation(fleet);
    const other = await fleet.continue(parent, { query: 'third' });
    expect(await fleet.ended(other)).toMatchObject({
      result: { result: 'You said: third (earlier prompts: 1)' },
    });
    const grandchild = await fleet.continue(child, { query: 'fourth' });
    expect(await fleet.ended(grandchild)).toMatchObject({
      result: { result: 'You said: fourth (earlier prompts: 2)' },
    });
  });

  test('a changed chunk fails the continue and leaves the parent unchanged', async ({ fleet }) => {
    const parent = await fleet.launch({ query: 'first' });
    await fleet.ended(parent);
    const chunks = fleet.db.collection<{ data: Binary }>('transcripts');
    const other = await fleet.launch({ query: 'other' });
    await fleet.ended(other);
    const foreign = await chunks.findOne({ session_id: other });
    const before = await fleet.session(parent);
    await chunks.updateOne({ session_id: parent }, {
      $set: { data: foreign?.data ?? null },
    } as never);
    const child = await fleet.continue(parent, { query: 'second' });
    expect(await fleet.ended(child)).toMatchObject({
      status: 'failed',
      failure: { code: 'TRANSCRIPT_CORRUPT' },
    });
    const { workspace_heir, ...after } = await fleet.session(parent);
    expect(after).toEqual(before);
    expect(workspace_heir).toBe(child);
  });

  test('a session whose tool removed Claude’s folder still completes', async ({ fleet }) => {
    const id = await fleet.play([
      { say: 'gone' },
      { spawn: 'rm -rf "$CLAUDE_CONFIG_DIR"' },
      { sleep: 300 },
    ]);
    expect((await fleet.ended(id)).status).toBe('completed');
  });
});
