// Continues that begin in the middle of their parent, with the real CLI.
import type { Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import type { Fleet } from '../support/fleet.ts';
import type { MessagesApi } from '../support/messages-api/messages-api.ts';
import { hang, type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { claudeBin } from '../support/real-claude.ts';
import { testWithModel } from '../support/scripted-fleet.ts';
import { waitFor } from '../support/wait.ts';

// The model takes two steps for "work", each with a tool, and then reports. It never answers
// "hang".
function answer({ prompt, toolResults }: MessagesRequest): Reply {
  const [result = ''] = toolResults;
  if (prompt === 'hang') return hang();
  if (prompt !== 'work') return text(`said: ${prompt}`);
  if (result.includes('step-two')) return text('the-report');
  const step = result.includes('step-one') ? 'two' : 'one';
  return toolUse('Bash', { command: `echo step-${step}` });
}

const test = testWithModel(answer);

const realCli = (api: MessagesApi) => ({
  CLAUDE_BIN: claudeBin(),
  ANTHROPIC_BASE_URL: api.url,
  ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
});

/**
 * Returns a session that took both steps, and the `seq` of the event with the result of the first
 * step.
 */
async function twoSteps(fleet: Fleet): Promise<{ parent: Session; afterOne: number }> {
  const parent = await fleet.ended(await fleet.launch({ query: 'work', allowed_tools: ['Bash'] }));
  const events = await fleet.events(parent.id);
  const found = events.find(({ type, raw }) => type === 'user' && raw.includes('step-one'));
  if (!found) throw new Error('expected an event with the result of the first step');
  return { parent, afterOne: found.seq };
}

async function transcriptOf({ baton }: Fleet, lineage: Session[]): Promise<string> {
  let whole = '';
  for (const file of lineage[0]?.transcript.files ?? []) {
    for await (const data of baton.stores.transcripts.read(file, lineage)) whole += data.toString();
  }
  return whole;
}

/** Returns the requests of the conversation that hold this prompt, as texts. */
function requestsWith(api: MessagesApi, { root_session_id }: Session, prompt: string): string[] {
  return api.requests
    .filter(({ sessionId, prompts }) => sessionId === root_session_id && prompts.includes(prompt))
    .map(({ body }) => JSON.stringify(body.messages));
}

function expectFirstStepOnly(request: string | undefined): void {
  expect(request).toContain('step-one');
  expect(request).not.toMatch(/step-two|the-report/);
}

describe.concurrent('a continue from the middle of its parent', () => {
  test('does not show the model what came after that event, and neither do its own continues', async ({
    fleet,
    api,
  }) => {
    const mine = fleet.sibling();
    await mine.worker(realCli(api));
    const { parent, afterOne } = await twoSteps(mine);
    const id = await mine.continue(parent.id, { query: 'another way' }, { at: afterOne });
    const child = await mine.ended(id);
    expect(child).toMatchObject({
      status: 'completed',
      result: { result: 'said: another way' },
      continues_at: { seq: afterOne, uuid: expect.any(String) },
      requires: ['continue_at'],
      totals: { num_turns: 1 },
    });
    // Each answer of the model costs the same. The parent got three.
    expect(child.totals.cost_usd).toBeCloseTo(parent.totals.cost_usd / 3, 6);
    const grandchild = await mine.ended(await mine.continue(id, { query: 'and on' }));
    expect(grandchild).toMatchObject({ result: { result: 'said: and on' } });
    const [ofChild, ofGrandchild, ...more] = requestsWith(api, parent, 'another way');
    expect(more).toEqual([]);
    expectFirstStepOnly(ofChild);
    expectFirstStepOnly(ofGrandchild);
    expect(ofGrandchild).toContain('said: another way');
    // The parent stays as it was, so a continue of its end still sees everything. It only notes who works on in its directory.
    const { workspace_heir, ...after } = await mine.session(parent.id);
    expect(after).toEqual(parent);
    expect(workspace_heir).toBe(id);
    await mine.ended(await mine.continue(parent.id, { query: 'from the end' }));
    expect(requestsWith(api, parent, 'from the end')[0]).toContain('the-report');
  });

  test('may begin after a tool call, whose result the model then does not see', async ({
    fleet,
    api,
  }) => {
    const mine = fleet.sibling();
    await mine.worker(realCli(api));
    const { parent } = await twoSteps(mine);
    const call = (await mine.events(parent.id)).find(({ raw }) => raw.includes('"tool_use"'));
    expect(call?.type).toBe('assistant');
    const id = await mine.continue(parent.id, { query: 'no tools' }, { at: call?.seq });
    expect(await mine.ended(id)).toMatchObject({ result: { result: 'said: no tools' } });
    const [request = '', ...more] = requestsWith(api, parent, 'no tools');
    expect(more).toEqual([]);
    expect(request).not.toMatch(/step-two|the-report/);
    // The Messages API refuses a call without a result.
    const idsOf = (pattern: RegExp) => [...request.matchAll(pattern)].map(([, one]) => one);
    expect(idsOf(/"type":"tool_use","id":"(\w+)"/g)).toEqual(idsOf(/"tool_use_id":"(\w+)"/g));
  });

  test('stays cut if the worker of its first attempt is killed', async ({ fleet, api }) => {
    const mine = fleet.sibling();
    const victim = await mine.worker(realCli(api));
    const { parent, afterOne } = await twoSteps(mine);
    const id = await mine.continue(parent.id, { query: 'hang' }, { at: afterOne });
    await waitFor('its request', () => requestsWith(api, parent, 'hang').length > 0);
    await waitFor('its prompt to be saved', async () => {
      const lines = (await transcriptOf(mine, [await mine.session(id), parent])).split('\n');
      return lines.some((line) => line.includes('"type":"user"') && line.includes('"hang"'));
    });
    await victim.kill();
    await mine.worker(realCli(api));
    expect(await mine.ended(id)).toMatchObject({
      status: 'completed',
      counts: { crashes: 1 },
      result: { result: 'said: Continue from where you left off.' },
    });
    const requests = requestsWith(api, parent, 'hang');
    expect(requests).toHaveLength(2);
    for (const request of requests) expectFirstStepOnly(request);
  });
});
