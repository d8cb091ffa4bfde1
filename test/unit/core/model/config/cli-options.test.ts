import { describe, expect, test } from 'vitest';
import { CLI_OPTION_KEYS } from '../../../../../packages/core/src/model/config/cli-options.ts';
import { inheritConfig } from '../../../../../packages/core/src/model/config/continue-config.ts';
import { featuresOf } from '../../../../../packages/core/src/model/config/required-features.ts';
import { PARSED_JOBS } from '../../../../../packages/core/src/queue/job-builder.ts';
import { makeFullConfig } from '../../../../support/factories.ts';

const parent_session_id = '01890a5d-ac96-774b-bcce-b302099a8057';
const withServer = (server: object) => ({
  mcp_config: { mcpServers: { own: { type: 'http', url: 'http://x.test', ...server } } },
});

describe.each(CLI_OPTION_KEYS)('the key %s', (key) => {
  const value = makeFullConfig()[key];

  test('is inherited by a continue, which may replace or clear it', () => {
    const parent = { query: 'q', [key]: value };
    expect(inheritConfig(parent, { query: 'again' })).toEqual({ ...parent, query: 'again' });
    expect(inheritConfig(parent, { query: 'again', [key]: null })).toEqual({ query: 'again' });
  });

  test('requires a worker that knows it, also if a continue clears it', () => {
    const requires = ['cli_options'];
    expect(PARSED_JOBS.launch({ query: 'q', [key]: value }).requires).toEqual(requires);
    const request = { parent_session_id, query: 'q', [key]: null };
    expect(PARSED_JOBS.continue(request).requires).toEqual(requires);
  });
});

test.each([
  [{ timeout: 1000 }, ['cli_options']],
  [{ alwaysLoad: false }, ['cli_options']],
  [{ toolPermissions: { one: 'ask' } }, ['cli_options']],
  [{ headers: { A: 'b' } }, []],
])('an MCP server with %j requires the features %j', (server, features) => {
  expect(featuresOf(withServer(server))).toEqual(features);
});

test('other keys require no feature, whatever they hold', () => {
  const configs = [{}, { model: 'opus' }, { mcp_config: null }, { mcp_config: { mcpServers: {} } }];
  expect(configs.flatMap(featuresOf)).toEqual([]);
});
