// A stdio MCP server for tests. Its tool `environment` returns the server's own environment. Its
// tool `approve` is a permission-prompt tool. It denies a command that contains "refuse", replaces
// a command that contains "rewrite", never answers a command that contains "ponder", and allows all
// other commands. If ASKED_FILE is set, the server appends each request of `approve` to that file.
// If STARTED_FILE is set, the server writes its arguments and its environment there.
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

type Request = { id?: number; method: string; params?: { name?: string; arguments?: ToolInput } };
type ToolInput = { tool_name?: string; input?: { command?: string } };

const ANY_OBJECT = { type: 'object', properties: {}, additionalProperties: true };
const TOOLS = ['environment', 'approve'].map((name) => ({
  name,
  description: name,
  inputSchema: ANY_OBJECT,
}));

const { STARTED_FILE } = process.env;
if (STARTED_FILE !== undefined) {
  const started = { argv: process.argv.slice(2), env: process.env };
  writeFileSync(`${STARTED_FILE}.part`, JSON.stringify(started));
  renameSync(`${STARTED_FILE}.part`, STARTED_FILE);
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  if (request.id === undefined) continue;
  const result = answer(request);
  if (result === undefined) continue;
  const reply = { jsonrpc: '2.0', id: request.id, result };
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
  if (text === undefined) return undefined;
  return { content: [{ type: 'text', text: JSON.stringify(text) }] };
}

function approve(asked: ToolInput): unknown {
  const { ASKED_FILE, BATON_SESSION_ID, BATON_RUN_ID } = process.env;
  const note = { asked, BATON_SESSION_ID, BATON_RUN_ID };
  if (ASKED_FILE !== undefined) appendFileSync(ASKED_FILE, `${JSON.stringify(note)}\n`);
  const command = asked.input?.command ?? '';
  if (command.includes('ponder')) return undefined;
  if (command.includes('refuse')) return { behavior: 'deny', message: 'refused by the fixture' };
  const updatedInput = command.includes('rewrite') ? { command: 'echo rewritten' } : asked.input;
  return { behavior: 'allow', updatedInput };
}
