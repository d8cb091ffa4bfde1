// The promises of the seed's SessionConfig, with the real CLI and a scripted Messages API.
import { mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Fleet } from '../support/fleet.ts';
import { failure } from '../support/messages-api/failure.ts';
import type { MessagesApi } from '../support/messages-api/messages-api.ts';
import { type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { initOf, testWithModel } from '../support/scripted-fleet.ts';

// The model's replies: the prompt's first word names the action, the rest is its argument.
function answer({ prompt, prompts, toolResults, body }: MessagesRequest): Reply {
  const [, verb = '', rest = ''] = /^(\w+) ?(.*)$/s.exec(prompt) ?? [];
  if (verb === 'circle') return toolUse('Bash', { command: 'true' });
  if (verb === 'recall') return text(`prompts: ${prompts.join(' | ')}`);
  if (toolResults.length > 0) return text(`tool: ${toolResults.join()}`);
  if (verb === 'run') return toolUse('Bash', { command: rest });
  if (verb === 'read') return toolUse('Read', { file_path: rest });
  if (body.model === 'no-such-model') return failure(404, 'model: no-such-model');
  return text('said');
}

const test = testWithModel(answer);

/** Makes a folder in which the sessions of one test may work. */
async function makeFolder(fleet: Fleet): Promise<string> {
  return realpath(await mkdtemp(join(fleet.root, 'work/place-')));
}

/** The system prompt of each call in a conversation, in order. */
function systemsOf(api: MessagesApi, id: string): string[] {
  const calls = api.requests.filter(({ sessionId }) => sessionId === id);
  return calls.map(({ body }) => JSON.stringify(body.system));
}

describe('a model', () => {
  test('may be an alias, and the session shows its full name', async ({ scripted: fleet, api }) => {
    const session = await fleet.ended(await fleet.launch({ query: 'hello', model: 'opus' }));
    expect(session.model).toMatch(/^claude-opus-/);
    expect(session.config.model).toBe('opus');
    const [call] = api.requests.filter(({ sessionId }) => sessionId === session.id);
    expect(call?.body.model).toBe(session.model);
  });

  test('that is unknown is passed on and fails the session with MODEL_NOT_FOUND', async ({
    scripted: fleet,
  }) => {
    const id = await fleet.launch({ query: 'hello', model: 'no-such-model' });
    expect(await fleet.ended(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'MODEL_NOT_FOUND', api_error_status: 404 },
    });
  });
});

describe('the system prompt', () => {
  test('holds system_prompt, append_system_prompt and custom_instructions in this order', async ({
    scripted: fleet,
    api,
  }) => {
    const id = await fleet.launch({
      query: 'hello',
      system_prompt: 'MARK-SYSTEM',
      append_system_prompt: 'MARK-APPENDED',
      custom_instructions: 'MARK-CUSTOM',
    });
    await fleet.ended(id);
    expect(systemsOf(api, id)).toEqual([
      expect.stringMatching(/MARK-SYSTEM.*MARK-APPENDED\\n\\nMARK-CUSTOM/),
    ]);
  });

  test('is inherited by a continue, and cleared by null', async ({ scripted: fleet, api }) => {
    const config = { append_system_prompt: 'MARK-KEPT', custom_instructions: 'MARK-CLEARED' };
    const root = await fleet.launch({ query: 'first', ...config });
    await fleet.ended(root);
    const change = { query: 'second', custom_instructions: null };
    await fleet.ended(await fleet.continue(root, change));
    const [first, second] = systemsOf(api, root);
    expect(first).toMatch(/MARK-KEPT.*MARK-CLEARED/);
    expect(second).toContain('MARK-KEPT');
    expect(second).not.toContain('MARK-CLEARED');
  });
});

describe('in a session,', () => {
  test('an allowed tool runs, and a disallowed tool is not offered', async ({
    scripted: fleet,
  }) => {
    const id = await fleet.launch({
      query: 'run echo allowed',
      allowed_tools: ['Bash(echo:*)'],
      disallowed_tools: ['WebFetch'],
    });
    expect((await fleet.ended(id)).result?.result).toBe('tool: allowed');
    const { tools } = await initOf(fleet, id);
    expect(tools).toContain('Bash');
    expect(tools).not.toContain('WebFetch');
  });

  test('max_turns fails the session, and a continue resumes without that limit', async ({
    scripted: fleet,
  }) => {
    const id = await fleet.launch({ query: 'circle', max_turns: 2, allowed_tools: ['Bash'] });
    const stopped = await fleet.ended(id);
    expect(stopped).toMatchObject({
      status: 'failed',
      failure: { code: 'MAX_TURNS' },
      error: expect.stringMatching(/\S/),
      result: { subtype: 'error_max_turns' },
    });
    const child = await fleet.ended(await fleet.continue(id, { query: 'recall' }));
    expect(child).toMatchObject({
      status: 'completed',
      result: { result: expect.stringMatching(/circle.*recall$/) },
    });
    expect(child.config).toEqual({ query: 'recall', allowed_tools: ['Bash'] });
    const { workspace_heir, ...after } = await fleet.session(id);
    expect(after).toEqual(stopped);
    expect(workspace_heir).toBe(child.id);
  });

  test('tools work in working_dir and can also read additional_directories', async ({
    scripted: fleet,
  }) => {
    const [location, more] = [await makeFolder(fleet), await makeFolder(fleet)];
    const where = await fleet.launch({
      query: 'run pwd',
      working_dir: location,
      allowed_tools: ['Bash'],
    });
    expect((await fleet.ended(where)).result?.result).toBe(`tool: ${location}`);
    const file = join(more, 'note.txt');
    await writeFile(file, 'MARK-NOTE');
    const read = { query: `read ${file}`, working_dir: location };
    const [within, without] = await Promise.all(
      [{ ...read, additional_directories: [more] }, read].map(async (config) =>
        fleet.ended(await fleet.launch(config)),
      ),
    );
    expect(within?.result?.result).toContain('MARK-NOTE');
    expect(without?.result?.result).not.toContain('MARK-NOTE');
    expect(without?.result?.permission_denials).toHaveLength(1);
  });
});
