// The settings that Baton refuses because the CLI ignores them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { IGNORED_SETTINGS } from '../../packages/core/src/model/config/ignored-settings.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { makeCli } from './cli.ts';

// A value for each ignored key that would show if the CLI heeded it.
const VALUES: Record<string, unknown> = {
  agents: { helper: { description: 'd', prompt: 'p' } },
  tools: ['Read'],
  allowedTools: ['Bash(touch *)'],
  disallowedTools: ['Bash'],
  mcpServers: { own: { command: '/no/such' } },
  plugins: ['/no/such'],
  pluginDirs: ['/no/such'],
  betas: ['context-1m-2025-08-07'],
  effort: 'low',
  thinking: 'disabled',
  maxThinkingTokens: 2000,
  taskBudget: 5000,
  maxTurns: 1,
  maxBudgetUsd: 0.000001,
  systemPrompt: 'IGNORED',
  appendSystemPrompt: 'IGNORED',
  appendSubagentSystemPrompt: 'IGNORED',
  permissionMode: 'plan',
  permissionPromptTool: 'mcp__own__approve',
  additionalDirectories: ['/srv'],
  jsonSchema: { type: 'object' },
  settingSources: [],
  strictMcpConfig: true,
  includePartialMessages: true,
  includeHookEvents: true,
  forwardSubagentText: true,
  excludeDynamicSections: true,
};

test('the CLI ignores every setting that Baton refuses', async () => {
  expect(Object.keys(VALUES)).toEqual(IGNORED_SETTINGS);
  const cli = await makeCli();
  try {
    const hooks = { PreToolUse: [{ hooks: [{ type: 'command', command: 'true' }] }] };
    const seen = async (settings: object) => {
      const file = join(cli.home.root, 'settings.json');
      await writeFile(file, JSON.stringify({ ...settings, hooks }), { mode: 0o600 });
      const script = [toolUse('Bash', { command: 'touch made' }), text('done')];
      const args = [`--settings=${file}`, '--model=claude-sonnet-4-5'];
      const run = await cli.run({ script, args, prompt: 'go' });
      const init = run.lines.find(({ subtype }) => subtype === 'init');
      const { body, headers } = run.requests[0] ?? {};
      return {
        ...{ exitCode: run.exitCode, stderr: run.stderr, result: run.results[0]?.['result'] },
        lines: run.lines.map(({ type, subtype }) => [type, subtype]),
        init: ['tools', 'agents', 'mcp_servers', 'plugins', 'permissionMode', 'plugin_errors'].map(
          (key) => init?.[key],
        ),
        dirs: init?.['additional_directories'],
        beta: headers?.['anthropic-beta'],
        request: [body?.output_config, body?.thinking, body?.max_tokens],
        system: JSON.stringify(body?.system).replaceAll(/cc_version=[^;]*/g, ''),
        denials: JSON.stringify(run.results[0]?.['permission_denials']).replaceAll(
          /toolu_\w+/g,
          '',
        ),
      };
    };
    expect(await seen(VALUES)).toEqual(await seen({}));
  } finally {
    await cli.remove();
  }
});
