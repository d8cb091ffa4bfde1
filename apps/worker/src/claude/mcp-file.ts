import { randomBytes } from 'node:crypto';
import { type Agent, defined, type MCPConfig, type MCPServer } from '@baton/core/internal';

/** The ids that the MCP servers of a run get, by the names of the variables that hold them. */
interface RunIds {
  BATON_SESSION_ID: string;
  BATON_RUN_ID: string;
}

/**
 * Returns the content of the file for `--mcp-config`: the caller's servers, escaped so that each
 * value reaches its server as the caller wrote it. Without the escapes, the CLI would replace
 * `${NAME}` and `${NAME:-x}` with variables of its own environment, which belong to the operator
 * (test/contract/mcp-expansion.test.ts).
 *
 * @param withheld The operator's variables that servers must not see. Programs get them with an
 *   empty value.
 * @param ids Added to the environment of servers that are programs. In the address and the headers
 *   of other servers they replace `${BATON_SESSION_ID}` and `${BATON_RUN_ID}`, the only references
 *   that are filled in.
 */
export function mcpFileOf(config: MCPConfig, ids: RunIds, withheld: readonly string[]): MCPConfig {
  const exact = escapeBy(unsetVariable());
  // The CLI expands headers twice: when it reads the file, and when it connects. So headers are
  // escaped twice.
  return { mcpServers: writeServers(config.mcpServers, ids, withheld, [exact, twice(exact)]) };
}

/**
 * Returns the content of the file for `--agents`: the caller's agents, in which the MCP servers get
 * the same variables and ids as those of `mcpFileOf`. In this file, the CLI replaces variables in
 * headers alone, and once (test/contract/agents.test.ts).
 */
export function agentsFileOf(
  agents: Record<string, Agent>,
  ids: RunIds,
  withheld: readonly string[],
): Record<string, Agent> {
  const exact = escapeBy(unsetVariable());
  const written = (agent: Agent): Agent => ({
    ...agent,
    ...defined({
      mcpServers: agent.mcpServers?.map((entry) =>
        typeof entry === 'string'
          ? entry
          : writeServers(entry, ids, withheld, [(text) => text, exact]),
      ),
    }),
  });
  return Object.fromEntries(Object.entries(agents).map(([name, agent]) => [name, written(agent)]));
}

type Program = Extract<MCPServer, { command: string }>;
type Remote = Extract<MCPServer, { url: string }>;
type MapText = (text: string) => string;
/** How to escape values, and how to escape headers. */
type Escapes = readonly [value: MapText, header: MapText];

function twice(map: MapText): MapText {
  return (text) => map(map(text));
}

function writeServers(
  servers: Record<string, MCPServer>,
  ids: RunIds,
  withheld: readonly string[],
  escapes: Escapes,
): Record<string, MCPServer> {
  const empty = Object.fromEntries(withheld.map((name) => [name, '']));
  const written = Object.entries(servers).map(([name, server]) => [
    name,
    'command' in server
      ? writeProgram(server, { before: empty, after: ids }, escapes)
      : writeRemote(server, ids, escapes),
  ]);
  return Object.fromEntries(written);
}

// The CLI starts a program with the CLI's whole environment; variables in `env` override it.
function writeProgram(
  server: Program,
  added: { before: Record<string, string>; after: RunIds },
  [exact]: Escapes,
): Program {
  const { command, args, env } = server;
  return {
    ...server,
    command: exact(command),
    ...defined({ args: args?.map(exact) }),
    env: { ...added.before, ...mapValues(env ?? {}, exact), ...added.after },
  };
}

function writeRemote(server: Remote, ids: RunIds, [exact, header]: Escapes): Remote {
  const { url, headers } = server;
  return {
    ...server,
    url: exact(fillIn(url, ids)),
    ...defined({
      headers: headers && mapValues(headers, (text) => header(fillIn(text, ids))),
    }),
  };
}

// The CLI has no escape. But it inserts the default of an unset variable as it is, and does not
// expand the default again.
function escapeBy(unset: string): MapText {
  return (text) => text.replaceAll('${', () => `\${${unset}:-$}{`);
}

// The name is random, so neither a caller nor the settings of a repository can guess it and set the
// variable.
function unsetVariable(): string {
  return `BATON_UNSET_${randomBytes(12).toString('hex').toUpperCase()}`;
}

function fillIn(text: string, ids: RunIds): string {
  return Object.entries(ids).reduce((filled, [name, id]) => {
    return filled.replaceAll(`\${${name}}`, () => id);
  }, text);
}

function mapValues(texts: Record<string, string>, map: MapText): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, map(text)]));
}
