// A stdio MCP server for tests: `environment` returns its own environment, `approve` is a
// permission-prompt tool that allows every call but those whose command says "refuse".
import { createInterface } from 'node:readline';

type Request = { id?: number; method: string; params?: { name?: string; arguments?: ToolInput } };
type ToolInput = { tool_name?: string; input?: { command?: string } };

const ANY_OBJECT = { type: 'object', properties: {}, additionalProperties: true };
const TOOLS = ['environment', 'approve'].map((name) => ({
  name,
  description: name,
  inputSchema: ANY_OBJECT,
}));

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  if (request.id === undefined) continue;
  const reply = { jsonrpc: '2.0', id: request.id, result: answer(request) };
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

function answer({ method, params }: Request): unknown {
  if (method === 'initialize') {
    const serverInfo = { name: 'fixture', version: '1.0.0' };
    return { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo };
  }
  if (method === 'tools/list') return { tools: TOOLS };
  if (method !== 'tools/call') return {};
  const text = params?.name === 'approve' ? approve(params.arguments ?? {}) : process.env;
  return { content: [{ type: 'text', text: JSON.stringify(text) }] };
}

function approve(asked: ToolInput): unknown {
  const isRefused = asked.input?.command?.includes('refuse') ?? false;
  return isRefused
    ? { behavior: 'deny', message: 'refused by the fixture' }
    : { behavior: 'allow', updatedInput: asked.input };
}
