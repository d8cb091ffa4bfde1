// Continues that wait for their parent first and for a limit afterwards.
import { newId } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { launch, type Process, test, wait } from './limits-scene.ts';

describe('a continue that waits for its parent under a limit', () => {
  const behind = async ({ manager }: Process, parent: string, options: object) =>
    (
      await manager.acceptance.continue(
        { parent_session_id: parent, query: 'next' },
        { on_busy: 'enqueue', ...options },
      )
    ).session;

  test('takes no slot of the limit before its parent has ended', async ({ limits }) => {
    const { processes, put, finish } = limits;
    const [a, b] = [newId(), newId()];
    await put(a, { max_sessions_at_once: 1 });
    await put(b, { max_sessions_at_once: 1 });
    const first = await launch(processes[0], [a]);
    const parent = await launch(processes[0], [a, b], wait);
    const child = await behind(processes[1], parent.id, { tags: [b], ...wait });
    expect(await limits.states([parent.id, child.id])).toEqual(['budget', 'parent']);
    expect(await limits.holders(b)).toEqual([]);
    await finish(first.id);
    expect(await limits.states([parent.id, child.id])).toEqual(['queued', 'parent']);
    await finish(parent.id);
    expect(await limits.states([child.id])).toEqual(['queued']);
    expect(await limits.holders(b)).toEqual([child.id]);
  });

  test('waits for its budget and then for its key once its parent has ended', async ({
    limits,
  }) => {
    const { processes, put, finish } = limits;
    const [tag, concurrency_key] = [newId(), newId()];
    await put(tag, { max_sessions_at_once: 1 });
    const parent = await launch(processes[0], []);
    const child = await behind(processes[0], parent.id, { tags: [tag], concurrency_key });
    const other = await launch(processes[0], [tag]);
    const holder = (
      await processes[0].manager.acceptance.launch({ query: 'q' }, { concurrency_key })
    ).session;
    await finish(parent.id);
    expect(await limits.states([child.id])).toEqual(['budget']);
    await finish(other.id);
    expect(await limits.states([child.id])).toEqual(['concurrency_key']);
    await finish(holder.id);
    expect(await limits.states([child.id])).toEqual(['queued']);
  });

  test('keeps its place in launch order among all sessions that wait for the limit', async ({
    limits,
  }) => {
    const { processes, put, finish } = limits;
    const tag = newId();
    const parent = await launch(processes[0], []);
    await put(tag, { max_sessions_at_once: 1 });
    const running = await launch(processes[0], [tag]);
    const options = { tags: [tag], ...wait };
    const line: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      line.push((await behind(processes[0], parent.id, options)).id);
      line.push((await launch(processes[0], [tag], wait)).id);
    }
    await finish(parent.id);
    expect(await limits.states(line)).toEqual(line.map(() => 'budget'));
    let last = running.id;
    for (const [at, id] of line.entries()) {
      await finish(last);
      expect(await limits.states(line.slice(at))).toEqual(
        line.slice(at).map((one) => (one === id ? 'queued' : 'budget')),
      );
      last = id;
    }
  });

  test('gets a free slot in launch order if its parent has more continues than the limit has free slots', async ({
    limits,
  }) => {
    const { processes, put, finish } = limits;
    for (let round = 0; round < 5; round += 1) {
      const tag = newId();
      await put(tag, { max_sessions_at_once: 2 });
      const parent = await launch(processes[0], []);
      const options = { tags: [tag], ...wait };
      const children: string[] = [];
      for (let n = 0; n < 4; n += 1)
        children.push((await behind(processes[0], parent.id, options)).id);
      await finish(parent.id);
      expect(await limits.states(children)).toEqual(['queued', 'queued', 'budget', 'budget']);
    }
  });

  test('is refused if the limit is reached when it is launched', async ({ limits }) => {
    const { processes, put } = limits;
    const tag = newId();
    await put(tag, { max_sessions_at_once: 1 });
    const parent = await launch(processes[0], [tag]);
    await expect(behind(processes[0], parent.id, { tags: [tag] })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });
});
