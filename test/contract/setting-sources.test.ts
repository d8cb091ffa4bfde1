// Tests which configuration of a repository the CLI uses. Only the flags decide: the CLI does not
// ask for trust.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text } from '../support/messages-api/reply.ts';
import { type PlantedRepository, plantRepository } from '../support/planted-repository.ts';
import { type Cli, makeCli } from './cli.ts';

let cli: Cli;
let repository: PlantedRepository;
let marks: string;
let more: string;

beforeAll(async () => {
  cli = await makeCli();
  marks = join(cli.home.root, 'marks');
  more = join(cli.home.root, 'more');
  repository = await plantRepository(cli.home.workDir, marks);
  await plantRepository(more, join(cli.home.root, 'more-marks'));
  const hooks = {
    SessionStart: [{ hooks: [{ type: 'command', command: `touch ${marks}/user` }] }],
  };
  await writeFile(join(cli.home.configDir, 'settings.json'), JSON.stringify({ hooks }));
});
afterAll(() => cli.remove());

/**
 * What a run with these flags used: the hooks that ran, the servers that started, and the names and
 * memory that the model saw.
 */
async function counted(args: string[], prompt = 'go') {
  await rm(marks, { recursive: true });
  await mkdir(marks);
  const run = await cli.run({ script: [text('done')], args, prompt });
  const init: Record<string, unknown> = run.lines.find(({ subtype }) => subtype === 'init') ?? {};
  const servers = init['mcp_servers'] as { name: string }[];
  const known = [init['agents'], init['slash_commands']].flat().filter((name) => {
    return /planted/.test(String(name));
  });
  const asked = JSON.stringify(run.requests.map(({ body }) => body));
  return {
    exitCode: run.exitCode,
    hooks: (await repository.marks()).filter((name) => name !== 'mcp'),
    servers: servers.map(({ name }) => name),
    known,
    memory: [...new Set(asked.match(/PLANTED(-LOCAL)?-MEMORY/g))].sort(),
  };
}

const NOTHING = { exitCode: 0, hooks: [], servers: [], known: [], memory: [] };

let unflagged: ReturnType<typeof counted> | undefined;

/** What a run without flags uses, measured once. */
function all(): ReturnType<typeof counted> {
  unflagged ??= counted([]);
  return unflagged;
}

// Each test makes two or three runs of the CLI, which are slow on a busy machine.
describe('the configuration of a repository', { timeout: 180_000 }, () => {
  test('is used without flags: hooks of three files, servers, agents, commands, skills, memory', async () => {
    expect(await all()).toMatchObject({
      hooks: ['local', 'project', 'user'],
      servers: ['planted'],
      memory: ['PLANTED-LOCAL-MEMORY', 'PLANTED-MEMORY'],
    });
  });

  test('is used in the same way with all three sources named', async () => {
    expect(await counted(['--setting-sources=user,project,local'])).toEqual(await all());
  });

  test('is not used with --setting-sources=, not even its servers or CLAUDE.md', async () => {
    expect(await counted(['--setting-sources='])).toEqual(NOTHING);
    expect(await counted(['--setting-sources=', '--strict-mcp-config'])).toEqual(NOTHING);
  });

  test('stays unused with enableAllProjectMcpServers in --settings', async () => {
    const settings = join(cli.home.root, 'settings.json');
    await writeFile(settings, JSON.stringify({ enableAllProjectMcpServers: true }));
    expect(await counted(['--setting-sources=', `--settings=${settings}`])).toEqual(NOTHING);
    const strict = await counted(['--strict-mcp-config', `--settings=${settings}`]);
    expect(strict.servers).toEqual([]);
  });

  test('loses only its servers with --strict-mcp-config', async () => {
    const counts = { ...(await all()), servers: [] };
    expect(await counted(['--strict-mcp-config'])).toEqual(counts);
  });

  test.each([
    ['user', { hooks: ['user'], servers: [], known: [], memory: [] }],
    ['local', { hooks: ['local'], servers: [], known: [], memory: ['PLANTED-LOCAL-MEMORY'] }],
    ['project', { hooks: ['project'], servers: ['planted'], memory: ['PLANTED-MEMORY'] }],
  ])('is used from one file with --setting-sources=%s', async (source, what) => {
    expect(await counted([`--setting-sources=${source}`])).toMatchObject(what);
  });

  test('in an added directory gives agents and skills, but nothing with --setting-sources=', async () => {
    const dir = `--add-dir=${more}`;
    expect(await counted([dir, '--setting-sources=', '--strict-mcp-config'])).toEqual(NOTHING);
    const own = await counted(['--strict-mcp-config']);
    const both = await counted([dir, '--strict-mcp-config']);
    expect(both.known.length).toBeGreaterThan(own.known.length);
    expect(both.hooks).toEqual(own.hooks);
    expect(await counted([dir])).toMatchObject({ servers: ['planted'] });
  });

  test('has commands that a prompt can name, but no commands with --setting-sources=', async () => {
    const run = async (args: string[]) => {
      const { requests } = await cli.run({
        script: [text('done')],
        args,
        prompt: '/planted-command',
      });
      return JSON.stringify(requests.map(({ body }) => body)).includes('THE-COMMAND');
    };
    expect(await run(['--strict-mcp-config'])).toBe(true);
    expect(await run(['--strict-mcp-config', '--setting-sources='])).toBe(false);
  });
});

test('an unknown setting source is refused only on stderr', async () => {
  const run = await cli.run({ script: [text('x')], args: ['--setting-sources=x'], prompt: 'go' });
  expect(run).toMatchObject({ exitCode: 1, stdout: '', requests: [] });
  expect(run.stderr).toContain('Invalid setting source');
});
