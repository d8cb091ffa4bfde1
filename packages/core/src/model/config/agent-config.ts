import { z } from 'zod';
import { argument, text } from './arguments.ts';
import { mcpServersSchema } from './mcp-config.ts';
import { PERMISSION_MODES } from './permission-modes.ts';

/** The values of `--effort` (claude 2.1.330 `--help`). The CLI ignores any other value. */
export const EFFORT_LEVELS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;

// The CLI's smallest compaction window, in tokens.
const COMPACT_WINDOW_MIN = 100_000;

// The CLI uses the same limit for agents that it reads from files. A name that begins with a dash stops the CLI.
const agentName = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/,
    'expected 1 to 64 letters, digits, _ or -, not - first',
  );

const names = z.array(argument).max(512);

/** Schema of one agent, with the keys that the CLI gives it in `--agents`. */
export const agentSchema = z.strictObject({
  description: text.min(1).describe('When the model should use the agent.'),
  prompt: text.describe('System prompt of the agent.'),
  tools: names.optional().describe('Tools that the agent has. Default: those of the session.'),
  disallowedTools: names.optional().describe('Tools that the agent does not have.'),
  model: argument
    .optional()
    .describe('Alias or full name of the model, or `inherit` for the model of the session.'),
  effort: z.enum(EFFORT_LEVELS).optional().describe('Reasoning effort of the agent.'),
  permissionMode: z
    .enum(PERMISSION_MODES)
    .optional()
    .describe(
      'Permission mode of the agent as a sub-agent; the operator limits the choice. It has no effect on the agent of the session itself.',
    ),
  mcpServers: z
    .array(
      z.union([
        argument,
        mcpServersSchema.refine(
          (servers) => Object.keys(servers).length === 1,
          'expected the name of a server of mcp_config, or one server by its name',
        ),
      ]),
    )
    .max(64)
    .optional()
    .describe(
      'MCP servers that only this agent has: the name of a server of `mcp_config`, or an object of one server by its name. The operator limits their commands as in `mcp_config`.',
    ),
  hooks: z
    .record(z.string(), z.json())
    .optional()
    .describe(
      'Hooks that run while the agent works, as `hooks` in `settings`; the operator limits them in the same way.',
    ),
  maxTurns: z.int().positive().optional().describe('Maximum number of turns of the agent.'),
  skills: names.optional().describe('Skills that the agent has in its context from the start.'),
  background: z
    .boolean()
    .optional()
    .describe('Whether the session works on while the agent works.'),
  omitClaudeMd: z
    .boolean()
    .optional()
    .describe('Whether the agent works without the `CLAUDE.md` files.'),
  isolation: z
    .literal('worktree')
    .optional()
    .describe('The agent works in a git worktree of its own.'),
  autoCompactWindow: z
    .int()
    .min(COMPACT_WINDOW_MIN)
    .optional()
    .describe('Number of tokens at which the agent compacts its own conversation.'),
});

/** Schema of agents by name. */
export const agentsSchema = z.record(agentName, agentSchema);

/** One agent of a config. */
export type Agent = z.infer<typeof agentSchema>;
