import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Step } from './script.ts';

/** Absolute path of the fake with its defaults, for CLAUDE_BIN. */
export const FAKE_CLAUDE = fileURLToPath(new URL('./claude', import.meta.url));

/** Writes an executable `claude` into the folder that is the fake with a version or script of its own; returns its path. */
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

/** A prompt that makes the fake play these steps, after a text of its own. */
export function fakePrompt(steps: Step[], text = 'Play this.'): string {
  return `${text}\n#fake ${JSON.stringify(steps)}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
