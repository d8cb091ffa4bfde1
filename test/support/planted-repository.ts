// A repository whose configuration asks Claude Code to run programs. Each program that runs creates a file
// with its name in the folder `marks`.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The repository that `plantRepository` wrote. */
export interface PlantedRepository {
  dir: string;
  /** Returns the sorted names of the programs that have run so far. */
  marks(): Promise<string[]>;
}

/** Writes the repository into `dir`. Its programs must be able to write into the folder `marks`. */
export async function plantRepository(dir: string, marks: string): Promise<PlantedRepository> {
  const touch = (name: string) => `touch ${join(marks, name)}`;
  const hook = (name: string) => [{ hooks: [{ type: 'command', command: touch(name) }] }];
  const server = { command: '/bin/sh', args: ['-c', touch('mcp')] };
  const agent = `hooks:\n  PreToolUse:\n    - hooks: [{type: command, command: "${touch('agent')}"}]`;
  const files = {
    '.claude/settings.json': JSON.stringify({
      hooks: { SessionStart: hook('project') },
      enableAllProjectMcpServers: true,
    }),
    '.claude/settings.local.json': JSON.stringify({ hooks: { SessionStart: hook('local') } }),
    '.mcp.json': JSON.stringify({ mcpServers: { planted: server } }),
    '.claude/agents/planted.md': `---\nname: planted-agent\ndescription: an agent\n${agent}\n---\nyou`,
    '.claude/commands/planted-command.md': '---\ndescription: a command\n---\nTHE-COMMAND',
    '.claude/skills/planted/SKILL.md': '---\nname: planted-skill\ndescription: a skill\n---\nx',
    'CLAUDE.md': 'PLANTED-MEMORY',
    'CLAUDE.local.md': 'PLANTED-LOCAL-MEMORY',
  };
  await mkdir(marks, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), content);
  }
  return { dir, marks: async () => (await readdir(marks)).sort() };
}
