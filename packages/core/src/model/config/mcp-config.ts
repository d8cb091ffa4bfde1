import { z } from 'zod';

const stdioServerSchema = z.strictObject({
  type: z.literal('stdio').optional(),
  command: z.string().min(1).describe('Command that starts the server on the worker.'),
  args: z.array(z.string()).optional(),
  env: z
    .record(z.string(), z.string())
    .optional()
    .describe('Environment of the server. The values are secret: Baton never returns them.'),
});

const httpServerSchema = z.strictObject({
  type: z.enum(['http', 'sse']),
  url: z.url({ protocol: /^https?$/ }),
  headers: z
    .record(z.string(), z.string())
    .optional()
    .describe('HTTP headers of each request. The values are secret: Baton never returns them.'),
});

/** Schema of one MCP server: a program on the worker (stdio, as in the seed) or an HTTP endpoint. */
const mcpServerSchema = z.union([stdioServerSchema, httpServerSchema]);

/** Schema of the seed's MCPConfig, the content of the CLI's `--mcp-config` file. */
export const mcpConfigSchema = z.strictObject({
  mcpServers: z.record(
    z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, _ or -'),
    mcpServerSchema,
  ),
});

/** One MCP server. */
export type MCPServer = z.infer<typeof mcpServerSchema>;

/** MCP servers by name. */
export type MCPConfig = z.infer<typeof mcpConfigSchema>;
