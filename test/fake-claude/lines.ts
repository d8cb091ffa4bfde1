import { randomUUID } from 'node:crypto';

/** One line of stream-json. */
export type Line = Record<string, unknown>;

/** The values that all lines and transcript entries of a run share. */
export interface Identity {
  sessionId: string;
  model: string;
  version: string;
  cwd: string;
}

const USAGE = {
  input_tokens: 10,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 5,
};

/** Returns the init line. */
export function initLine(who: Identity, env: NodeJS.ProcessEnv): Line {
  return {
    type: 'system',
    subtype: 'init',
    cwd: who.cwd,
    session_id: who.sessionId,
    tools: ['Task', 'Bash', 'Edit', 'Read', 'Write'],
    mcp_servers: [],
    model: who.model,
    permissionMode: 'default',
    slash_commands: [],
    apiKeySource: env['ANTHROPIC_API_KEY'] === undefined ? 'none' : 'ANTHROPIC_API_KEY',
    claude_code_version: who.version,
    output_style: 'default',
    uuid: randomUUID(),
  };
}

/** Returns an assistant line with this content. */
export function assistantLine(who: Identity, content: unknown[], parent: string | null): Line {
  return {
    type: 'assistant',
    message: {
      id: `msg_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
      type: 'message',
      role: 'assistant',
      model: who.model,
      content,
      stop_reason: null,
      stop_sequence: null,
      usage: { ...USAGE, output_tokens: 1 },
    },
    parent_tool_use_id: parent,
    session_id: who.sessionId,
    uuid: randomUUID(),
    timestamp: new Date().toISOString(),
  };
}

/** Returns a user line with this content, such as a tool result or the notice of an interrupt. */
export function userLine(who: Identity, content: unknown[]): Line {
  return {
    type: 'user',
    message: { role: 'user', content },
    parent_tool_use_id: null,
    session_id: who.sessionId,
    uuid: randomUUID(),
    timestamp: new Date().toISOString(),
  };
}

/** Returns the result line of an answered prompt. The fields of `given` override the usual fields. */
export function resultLine(
  who: Identity,
  facts: { result: string; turns: number; startedAt: number; cost: number },
  given: Line,
): Line {
  const modelUsage = { [who.model]: { inputTokens: 10, outputTokens: 5, costUSD: facts.cost } };
  return {
    type: 'result',
    subtype: 'success',
    is_error: false,
    duration_ms: Date.now() - facts.startedAt,
    duration_api_ms: Date.now() - facts.startedAt,
    num_turns: facts.turns,
    result: facts.result,
    api_error_status: null,
    stop_reason: 'end_turn',
    terminal_reason: 'completed',
    session_id: who.sessionId,
    total_cost_usd: facts.cost,
    usage: USAGE,
    modelUsage,
    permission_denials: [],
    uuid: randomUUID(),
    ...given,
  };
}

/** Returns the transcript entry of a stream line. The entry has the line's message and uuid. */
export function entryOf(who: Identity, line: Line): Line {
  return {
    parentUuid: null,
    isSidechain: false,
    type: line['type'],
    message: line['message'],
    uuid: line['uuid'],
    timestamp: line['timestamp'],
    userType: 'external',
    entrypoint: 'sdk-cli',
    cwd: who.cwd,
    sessionId: who.sessionId,
    version: who.version,
  };
}

/** Returns the transcript entry of a message that a running turn takes in. */
export function attachmentEntry(
  who: Identity,
  { uuid: source_uuid, content: prompt }: { uuid: string; content: readonly object[] },
): Line {
  const { message: _, ...entry } = entryOf(who, {
    type: 'attachment',
    uuid: randomUUID(),
    timestamp: new Date().toISOString(),
  });
  const attachment = { type: 'queued_command', prompt, source_uuid, commandMode: 'prompt' };
  return { ...entry, attachment };
}

/** Returns the transcript entry with the conversation's total cost so far. */
export function costEntry(who: Identity, cost: number, startedAt: number): Line {
  const duration = Date.now() - startedAt;
  return {
    type: 'cost-state',
    sessionId: who.sessionId,
    totalCostUSD: cost,
    totalAPIDuration: duration,
    totalAPIDurationWithoutRetries: duration,
    totalToolDuration: 0,
    totalLinesAdded: 0,
    totalLinesRemoved: 0,
    totalDuration: duration,
    startTime: startedAt,
    modelUsage: { [who.model]: { inputTokens: 10, outputTokens: 5, costUSD: cost } },
    hasUnknownModelCost: false,
  };
}
