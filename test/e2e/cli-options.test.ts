// Keys of a config that stand for flags, with workers, the real CLI and a scripted model.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { claudeBin } from '../support/real-claude.ts';
import { initOf, testWithModel } from '../support/scripted-fleet.ts';

const WORDS = 'the critic says no';

const test = testWithModel((request: MessagesRequest) => {
  if (request.fromSubAgent) return text(WORDS);
  if (request.toolResults.length > 0) return text('summed up');
  if (!request.prompt.includes('critic')) return text('done');
  const input = { description: 'review', prompt: 'review', subagent_type: 'critic' };
  return toolUse('Agent', { ...input, run_in_background: false });
});

const critic = { description: 'Reviews code.', prompt: 'You find bugs.', tools: ['Read'] };

describe('a session with agents', () => {
  test('runs as its agent, and a continue that clears the agent does not', async ({ scripted }) => {
    const toolsOf = async (id: string) => {
      expect((await scripted.ended(id)).status).toBe('completed');
      return (await initOf(scripted, id))['tools'];
    };
    const first = await scripted.launch({ query: 'go', agents: { critic }, agent: 'critic' });
    expect(await toolsOf(first)).toEqual(['Read']);
    const inherits = await scripted.continue(first, { query: 'go on' });
    expect(await toolsOf(inherits)).toEqual(['Read']);
    const clears = await scripted.continue(inherits, { query: 'and on', agent: null });
    expect(await toolsOf(clears)).toContain('Bash');
    const inheritsNone = await scripted.continue(clears, { query: 'once more' });
    expect(await toolsOf(inheritsNone)).toContain('Bash');
  });

  test('has the words of a sub-agent in its events, and its own words as its answer', async ({
    scripted,
  }) => {
    const query = 'Ask the critic';
    const id = await scripted.launch({ query, agents: { critic }, forward_subagent_text: true });
    const session = await scripted.ended(id);
    expect(session.result).toMatchObject({ result: 'summed up' });
    const said = (await scripted.events(id)).filter(
      ({ type, raw }) => type === 'assistant' && raw?.includes(WORDS),
    );
    expect(said).toHaveLength(1);
  });
});

describe('a plugin', () => {
  test('runs its hooks in a session if the operator allows its directory', async ({
    fleet,
    api,
  }) => {
    const dir = join(fleet.root, 'plugins', 'review');
    await mkdir(join(dir, '.claude-plugin'), { recursive: true });
    await mkdir(join(dir, 'hooks'));
    const manifest = { name: 'review', version: '1.0.0', description: 'd' };
    await writeFile(join(dir, '.claude-plugin/plugin.json'), JSON.stringify(manifest));
    const hook = { hooks: [{ type: 'command', command: 'true' }] };
    await writeFile(
      join(dir, 'hooks/hooks.json'),
      JSON.stringify({ hooks: { UserPromptSubmit: [hook] } }),
    );
    const own = fleet.sibling();
    await own.worker({
      CLAUDE_BIN: claudeBin(),
      ANTHROPIC_BASE_URL: api.url,
      ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
      ALLOWED_PLUGIN_DIRS: join(fleet.root, 'plugins'),
    });
    const id = await own.launch({ query: 'go', plugins: [dir], include_hook_events: true });
    expect((await own.ended(id)).status).toBe('completed');
    const hooks = (await own.events(id)).filter(({ subtype = '' }) => /^hook_/.test(subtype ?? ''));
    expect(hooks.map(({ subtype }) => subtype)).toEqual(['hook_started', 'hook_response']);
  });
});
