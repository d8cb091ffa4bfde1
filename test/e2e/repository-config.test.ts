// A repository's configuration would run programs; workers use the real CLI and a scripted model.
import { join } from 'node:path';
import type { SessionConfig } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import type { Fleet } from '../support/fleet.ts';
import { text } from '../support/messages-api/reply.ts';
import { plantRepository } from '../support/planted-repository.ts';
import { claudeBin } from '../support/real-claude.ts';
import { initOf, testWithModel } from '../support/scripted-fleet.ts';

const base = testWithModel([text('done')]);

const test = base.extend<{ $file: { locked: Fleet } }>({
  locked: [
    async ({ fleet, api }, use) => {
      const sibling = fleet.sibling();
      await sibling.worker({
        CLAUDE_BIN: claudeBin(),
        ANTHROPIC_BASE_URL: api.url,
        ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
        ALLOWED_MCP_COMMANDS: 'none',
      });
      await use(sibling);
    },
    { scope: 'file' },
  ],
});

/**
 * Runs a session with `config` in a planted repository, and returns which parts of the repository's
 * configuration ran.
 */
async function ran(fleet: Fleet, name: string, config: Partial<SessionConfig> = {}) {
  const working_dir = join(fleet.root, 'work', name);
  const repository = await plantRepository(working_dir, join(fleet.root, `marks-${name}`));
  const id = await fleet.launch({ query: 'go', working_dir, ...config });
  return { id, ...(await seen(fleet, id)), marks: repository.marks };
}

async function seen(fleet: Fleet, id: string) {
  const { status } = await fleet.ended(id);
  const servers = (await initOf(fleet, id))['mcp_servers'] as { name: string }[];
  return { status, servers: servers.map(({ name }) => name) };
}

const hooksOf = (marks: string[]) => marks.filter((name) => name !== 'mcp');

describe('the hooks and servers of a repository', () => {
  test('run by default', async ({ scripted }) => {
    const { status, servers, marks } = await ran(scripted, 'open');
    expect({ status, servers }).toEqual({ status: 'completed', servers: ['planted'] });
    expect(hooksOf(await marks())).toEqual(['local', 'project']);
  });

  test('do not run if the operator lists the allowed MCP servers', async ({ locked }) => {
    const { status, servers, marks } = await ran(locked, 'locked');
    expect({ status, servers }).toEqual({ status: 'completed', servers: [] });
    expect(await marks()).toEqual([]);
  });

  test('do not run if the caller excludes them, even in a continue, until a continue clears the exclusion', async ({
    scripted,
  }) => {
    const closed = { setting_sources: [], strict_mcp_config: true };
    const { id, servers, marks } = await ran(scripted, 'closed', closed);
    expect({ servers, marks: await marks() }).toEqual({ servers: [], marks: [] });
    const inherits = await scripted.continue(id, { query: 'go on' });
    expect(await seen(scripted, inherits)).toEqual({ status: 'completed', servers: [] });
    expect(await marks()).toEqual([]);
    const cleared = { setting_sources: null, strict_mcp_config: null };
    const clears = await scripted.continue(inherits, { query: 'and on', ...cleared });
    expect(await seen(scripted, clears)).toEqual({ status: 'completed', servers: ['planted'] });
    expect(hooksOf(await marks())).toEqual(['local', 'project']);
  });
});
