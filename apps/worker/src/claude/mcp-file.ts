import { randomBytes } from 'node:crypto';
import { defined, type MCPConfig, type MCPServer } from '@baton/core/internal';

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
  const empty = Object.fromEntries(withheld.map((name) => [name, '']));
  const servers = Object.entries(config.mcpServers).map(([name, server]) => [
    name,
    'command' in server
      ? writeProgram(server, { before: empty, after: ids }, exact)
      : writeRemote(server, ids, exact),
  ]);
  return { mcpServers: Object.fromEntries(servers) };
}

type Program = Extract<MCPServer, { command: string }>;
type Remote = Extract<MCPServer, { url: string }>;
type MapText = (text: string) => string;

// The CLI starts a program with the CLI's whole environment; variables in `env` override it.
function writeProgram(
  server: Program,
  added: { before: Record<string, string>; after: RunIds },
  exact: MapText,
): Program {
  const { command, args, env } = server;
  return {
    ...server,
    command: exact(command),
    ...defined({ args: args?.map(exact) }),
    env: { ...added.before, ...mapValues(env ?? {}, exact), ...added.after },
  };
}

function writeRemote(server: Remote, ids: RunIds, exact: MapText): Remote {
  const { url, headers } = server;
  // The CLI expands headers twice: when it reads the file, and when it connects. So headers are
  // escaped twice.
  const header: MapText = (text) => exact(exact(fillIn(text, ids)));
  return {
    ...server,
    url: exact(fillIn(url, ids)),
    ...defined({ headers: headers && mapValues(headers, header) }),
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
