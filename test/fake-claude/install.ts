import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Step } from './script.ts';

/** The absolute path of the fake CLI, as a value for CLAUDE_BIN. */
export const FAKE_CLAUDE = fileURLToPath(new URL('./claude', import.meta.url));

/** Writes an executable `claude` into the folder: the fake CLI with this version or script. Returns its path. */
export function installFakeClaude(
  dir: string,
  options: { version?: string; script?: Step[] } = {},
): string {
  const main = fileURLToPath(new URL('./claude.ts', import.meta.url));
  const cache = fileURLToPath(new URL('../../node_modules/.cache/fake-claude', import.meta.url));
  const script = options.script === undefined ? '' : JSON.stringify(options.script);
  const lines = [
    '#!/bin/sh',
    ...(options.version === undefined
      ? []
      : [`export FAKE_CLAUDE_VERSION=${quoted(options.version)}`]),
    ...(script === '' ? [] : [`export FAKE_CLAUDE_SCRIPT=${quoted(script)}`]),
    `export NODE_COMPILE_CACHE=${quoted(cache)}`,
    `exec ${quoted(process.execPath)} ${quoted(main)} "$@"`,
  ];
  const path = join(dir, 'claude');
  writeFileSync(path, `${lines.join('\n')}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Returns a prompt that starts with `text` and makes the fake CLI play these steps. */
export function fakePrompt(steps: Step[], text = 'Play this.'): string {
  return `${text}\n#fake ${JSON.stringify(steps)}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
