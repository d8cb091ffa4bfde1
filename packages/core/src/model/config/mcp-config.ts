import { z } from 'zod';

const stdioServerSchema = z.strictObject({
  type: z.literal('stdio').optional(),
  command: z.string().min(1).describe('Program to start on the worker.'),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional().describe('Secret: never shown again.'),
});

const httpServerSchema = z.strictObject({
  type: z.enum(['http', 'sse']),
  url: z.url({ protocol: /^https?$/ }),
  headers: z.record(z.string(), z.string()).optional().describe('Secret: never shown again.'),
});

/** One MCP server: a program on the worker (stdio, as in the seed) or an HTTP endpoint. */
const mcpServerSchema = z.union([stdioServerSchema, httpServerSchema]);

/** The seed's MCPConfig: what the CLI's `--mcp-config` file holds. */
export const mcpConfigSchema = z.strictObject({
  mcpServers: z.record(
    z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected letters, digits, _ or -, at most 64'),
    mcpServerSchema,
  ),
});

/** One MCP server. */
export type MCPServer = z.infer<typeof mcpServerSchema>;

/** MCP servers by name. */
export type MCPConfig = z.infer<typeof mcpConfigSchema>;
