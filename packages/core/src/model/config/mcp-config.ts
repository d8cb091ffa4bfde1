import { z } from 'zod';

// The CLI hands the time to setTimeout, which fires at once if it gets more.
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

/** The values that the CLI gives a tool in `toolPermissions` (claude 2.1.330). */
const TOOL_PERMISSIONS = ['allow', 'ask', 'blocked'] as const;

// What every server may have. The CLI silently drops a server with a value that it does not know, so the values are
// checked here (test/contract/mcp-options.test.ts).
const options = {
  timeout: z
    .int()
    .positive()
    .max(TIMEOUT_MAX_MS)
    .optional()
    .describe('How long one call of a tool of this server may take, in milliseconds.'),
  alwaysLoad: z
    .boolean()
    .optional()
    .describe(
      'Whether the model sees the tools of this server from the start (true), or finds them by tool search (false). With true, the CLI waits for the server before its first turn, for at most 5 seconds.',
    ),
};

const stdioServerSchema = z.strictObject({
  type: z.literal('stdio').optional(),
  command: z.string().min(1).describe('Command that starts the server on the worker.'),
  args: z.array(z.string()).optional(),
  env: z
    .record(z.string(), z.string())
    .optional()
    .describe('Environment of the server. The values are secret: Baton never returns them.'),
  ...options,
});

const httpServerSchema = z.strictObject({
  type: z.enum(['http', 'sse']),
  url: z.url({ protocol: /^https?$/ }),
  headers: z
    .record(z.string(), z.string())
    .optional()
    .describe('HTTP headers of each request. The values are secret: Baton never returns them.'),
  ...options,
  toolPermissions: z
    .record(z.string().min(1).max(256), z.enum(TOOL_PERMISSIONS))
    .optional()
    .describe(
      'Policy for each tool, by the name that the server gives it. `blocked`: the session does not have the tool. `ask`: each call needs an approval, in every permission mode and even if `allowed_tools` names the tool. `allow`: nothing changes.',
    ),
});

/** The keys of servers that workers know by the feature word CLI_OPTIONS_FEATURE. */
export const MCP_OPTION_KEYS: readonly string[] = [...Object.keys(options), 'toolPermissions'];

/** Schema of one MCP server: a program on the worker (stdio, as in the seed) or an HTTP endpoint. */
const mcpServerSchema = z.union([stdioServerSchema, httpServerSchema]);

/** Schema of MCP servers by name. */
export const mcpServersSchema = z.record(
  z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, _ or -'),
  mcpServerSchema,
);

/** Schema of the seed's MCPConfig, the content of the CLI's `--mcp-config` file. */
export const mcpConfigSchema = z.strictObject({ mcpServers: mcpServersSchema });

/** One MCP server. */
export type MCPServer = z.infer<typeof mcpServerSchema>;

/** MCP servers by name. */
export type MCPConfig = z.infer<typeof mcpConfigSchema>;
