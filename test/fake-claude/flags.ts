/** The flags of one invocation, each with its values. A switch has an empty list. */
export type Flags = Map<string, string[]>;

const SWITCHES = [
  'print',
  'verbose',
  'version',
  'strict-mcp-config',
  'include-partial-messages',
  'forward-subagent-text',
  'include-hook-events',
  'exclude-dynamic-system-prompt-sections',
];
const VALUED = [
  'input-format',
  'output-format',
  'session-id',
  'resume',
  'model',
  'fallback-model',
  'max-turns',
  'max-budget-usd',
  'system-prompt',
  'system-prompt-file',
  'system-prompt-snapshot',
  'tools',
  'append-system-prompt',
  'append-system-prompt-file',
  'allowedTools',
  'disallowedTools',
  'permission-mode',
  'permission-prompts',
  'permission-prompt-tool',
  'mcp-config',
  'settings',
  'setting-sources',
  'add-dir',
  'json-schema',
  'effort',
  'agents',
  'agent',
  'max-thinking-tokens',
  'task-budget',
  'betas',
  'plugin-dir',
  'append-subagent-system-prompt-file',
];
const SHORT: Record<string, string> = { '-p': '--print', '-v': '--version' };

/** Parses `--flag=value` arguments. For an unknown flag, returns the error text of the real CLI. */
export function readFlags(argv: string[]): Flags | { refused: string } {
  const flags: Flags = new Map();
  for (const given of argv) {
    const arg = SHORT[given] ?? given;
    const [, name = '', value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
    const isKnown = value === undefined ? SWITCHES.includes(name) : VALUED.includes(name);
    if (!isKnown) return { refused: `error: unknown option '${given}'` };
    flags.set(name, [...(flags.get(name) ?? []), ...(value === undefined ? [] : [value])]);
  }
  return flags;
}
