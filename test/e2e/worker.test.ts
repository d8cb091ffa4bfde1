// Workers as processes, the real CLI, and a scripted Messages API.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { test as base, type Fleet } from '../support/fleet.ts';
import { failure } from '../support/messages-api/failure.ts';
import { type MessagesApi, startMessagesApi } from '../support/messages-api/messages-api.ts';
import { hang, type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { claudeBin } from '../support/real-claude.ts';
import { waitFor } from '../support/wait.ts';

const MCP_SERVER = fileURLToPath(new URL('../support/mcp-server-fixture.ts', import.meta.url));
const USAGE = { input_tokens: 1_000, output_tokens: 1_000 };

// The model's replies, by prompt; after a tool call it repeats the tool's result.
function answer({ prompt, prompts, toolResults }: MessagesRequest): Reply {
  if (toolResults.length > 0) return text(`tool: ${toolResults.join()}`, { usage: USAGE });
  if (prompt.startsWith('write')) {
    return toolUse('Bash', { command: 'echo from-the-tool | tee written.txt' }, { usage: USAGE });
  }
  if (prompt.startsWith('environment')) return toolUse('mcp__fixture__environment', {});
  if (prompt.startsWith('refuse')) return failure(400, 'the script refuses');
  if (prompt.startsWith('wait')) return hang();
  return text(`prompts: ${prompts.join(' | ')}`, { usage: USAGE });
}

const test = base.extend<{ $file: { api: MessagesApi } }>({
  api: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
    async ({}, use) => {
      const api = await startMessagesApi({ script: answer });
      await use(api);
      await api.stop();
    },
    { scope: 'file' },
  ],
});

function realCli(api: MessagesApi): Record<string, string> {
  return {
    CLAUDE_BIN: claudeBin(),
    ANTHROPIC_BASE_URL: api.url,
    ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
    CLAUDE_CODE_MAX_RETRIES: '0',
    DRAIN_TIMEOUT_MS: '0',
  };
}

test.beforeAll(async ({ fleet, api }) => {
  await fleet.worker(realCli(api));
});

/** The bytes of a session's main transcript, as a worker would restore them. */
async function transcriptOf(fleet: Fleet, session: Session): Promise<Buffer> {
  const lineage: Session[] = [];
  const { sessions, transcripts } = fleet.baton.stores;
  for (let id: string | undefined = session.id; id !== undefined; ) {
    const one: Session = await fleet.session(id);
    lineage.push(one);
    id = one.parent_session_id;
  }
  expect(await sessions.ancestry(session)).toHaveLength(lineage.length);
  const file = session.transcript.files.find(({ path }) => !path.includes('/'));
  if (!file) throw new Error('expected a transcript');
  const pieces: Buffer[] = [];
  for await (const piece of transcripts.read(file, lineage)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function storedBytes(fleet: Fleet, session: Session, path: string): Promise<number> {
  const chunks = fleet.db.collection<{ bytes: number }>('transcripts');
  const found = await chunks.find({ session_id: session.id, path }).toArray();
  return found.reduce((sum, { bytes }) => sum + bytes, 0);
}

describe('in a conversation over two workers,', () => {
  test('a continue resumes the first worker’s transcript byte for byte and has its own cost', async ({
    fleet,
    api,
  }) => {
    const mine = fleet.sibling();
    const first = await mine.worker(realCli(api));
    const root = await mine.launch({ query: 'write it down', allowed_tools: ['Bash'] });
    const launched = await mine.ended(root);
    expect(launched).toMatchObject({
      status: 'completed',
      result: { result: 'tool: from-the-tool' },
      attempts: [{ worker_id: first.id, claude_version: expect.stringMatching(/^2\./) }],
      totals: { num_turns: 2, output_tokens: 2_000 },
    });
    expect(launched.totals.cost_usd).toBeGreaterThan(0);
    expect(await readFile(join(mine.root, 'work', root, 'written.txt'), 'utf8')).toBe(
      'from-the-tool\n',
    );
    const types = (await mine.events(root)).map(({ type, subtype }) => `${type}/${subtype ?? ''}`);
    expect(types[0]).toBe('user/prompt');
    expect(types.at(-1)).toBe('result/success');
    expect(JSON.parse((await mine.events(root))[0]?.raw ?? '')).toMatchObject({
      message: { role: 'user', content: 'write it down' },
    });
    await first.stop();

    const second = await mine.worker(realCli(api));
    let parent = launched;
    let before = await transcriptOf(mine, parent);
    for (const query of ['second', 'third', 'fourth']) {
      const child = await mine.ended(await mine.continue(parent.id, { query }));
      expect(child.result?.result).toMatch(new RegExp(`^prompts: write it down .*${query}$`));
      expect(child).toMatchObject({
        status: 'completed',
        claude_session_id: root,
        attempts: [{ worker_id: second.id }],
        totals: { num_turns: 1, output_tokens: 1_000 },
      });
      const whole = await transcriptOf(mine, child);
      expect(sha256(whole.subarray(0, before.length))).toBe(sha256(before));
      expect(whole.at(-1)).toBe(0x0a);
      const added = whole.length - before.length;
      expect(await storedBytes(mine, child, `${root}.jsonl`)).toBe(added);
      expect(added).toBeGreaterThan(0);
      expect(child.totals.cost_usd).toBeCloseTo(launched.totals.cost_usd / 2, 6);
      expect(child.result?.total_cost_usd).toBeGreaterThan(launched.totals.cost_usd);
      [parent, before] = [child, whole];
    }
  });

  test('a turn that a drain cut off is resumed without sending its prompt again', async ({
    fleet,
    api,
  }) => {
    const mine = fleet.sibling();
    const first = await mine.worker(realCli(api));
    // Baton keeps the white space around a prompt; the CLI may drop it.
    const id = await mine.launch({ query: ' wait for me \n' });
    await waitFor('the call', () => api.requests.some(({ prompt }) => prompt === 'wait for me'));
    await first.stop();
    expect(await mine.session(id)).toMatchObject({ status: 'queued', counts: { hand_backs: 1 } });
    const second = await mine.worker(realCli(api));
    const session = await mine.ended(id);
    expect(session).toMatchObject({
      status: 'completed',
      result: { result: 'prompts: wait for me | Continue from where you left off.' },
      attempts: [{ worker_id: first.id }, { worker_id: second.id }],
    });
  });

  test('two continues of one parent become two separate branches', async ({ fleet }) => {
    const parent = await fleet.launch({ query: 'trunk' });
    await fleet.ended(parent);
    const children = await Promise.all(
      ['left', 'right'].map((query) => fleet.continue(parent, { query })),
    );
    const [left, right] = await Promise.all(children.map((id) => fleet.ended(id)));
    expect(left?.result?.result).toBe('prompts: trunk | left');
    expect(right?.result?.result).toBe('prompts: trunk | right');
    const grandchild = await fleet.ended(await fleet.continue(left?.id ?? '', { query: 'leaf' }));
    expect(grandchild.result?.result).toBe('prompts: trunk | left | leaf');
  });
});

describe('with the real CLI,', () => {
  test.concurrent('a session’s result lists a denied tool', async ({ fleet }) => {
    const session = await fleet.ended(await fleet.launch({ query: 'write without leave' }));
    expect(session).toMatchObject({
      status: 'completed',
      result: { is_error: false, permission_denials: [{ tool_name: 'Bash' }] },
    });
  });

  test.concurrent('an API error fails the session with its HTTP status', async ({ fleet }) => {
    const session = await fleet.ended(await fleet.launch({ query: 'refuse this' }));
    expect(session).toMatchObject({
      status: 'failed',
      failure: { code: 'API_INVALID_REQUEST', api_error_status: 400, retryable: false },
      result: { subtype: 'success', is_error: true },
    });
    expect(session.error).toContain('the script refuses');
  });

  test.concurrent('an MCP server gets the ids of its session and the variables of its config', async ({
    fleet,
  }) => {
    const id = await fleet.launch({
      query: 'environment',
      allowed_tools: ['mcp__fixture__environment'],
      mcp_config: {
        mcpServers: {
          fixture: { command: process.execPath, args: [MCP_SERVER], env: { FROM_CONFIG: 'yes' } },
        },
      },
    });
    const session = await fleet.ended(id);
    const seen = JSON.parse(session.result?.result?.replace(/^tool: /, '') ?? '{}');
    expect(seen).toMatchObject({
      BATON_SESSION_ID: id,
      BATON_RUN_ID: session.run_id,
      FROM_CONFIG: 'yes',
    });
    expect(seen).not.toHaveProperty('MONGODB_URL');
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
