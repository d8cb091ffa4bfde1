import type { SettingSource } from './policy.ts';

/**
 * Returns which configuration of Claude Code a file at this path would be: a settings source, or `mcp` for a
 * `.mcp.json`. Returns null for any other file. The case of names does not count, because some file systems ignore it.
 */
export function configurationAt(path: string): SettingSource | 'mcp' | null {
  const names = path.toLowerCase().split('/');
  const last = names.at(-1);
  if (last === 'claude.local.md') return 'local';
  if (last === 'claude.md') return 'project';
  if (last === '.mcp.json') return 'mcp';
  if (!names.includes('.claude')) return null;
  return last === 'settings.local.json' ? 'local' : 'project';
}
