import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The real CLI that this project installs. */
export const CLAUDE = fileURLToPath(new URL('../node_modules/.bin/claude', import.meta.url));

/** Returns the environment in which the CLI runs by hand, with its files in this folder. */
export function byHandEnv(
  root: string,
  configName: string,
  credentials: Record<string, string>,
): Record<string, string> {
  return {
    ...credentials,
    PATH: process.env['PATH'] ?? '',
    HOME: root,
    CLAUDE_CONFIG_DIR: join(root, configName),
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
  };
}
