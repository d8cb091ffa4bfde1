import { randomBytes } from 'node:crypto';
import { defined, type MCPConfig, type MCPServer } from '@baton/core/internal';

/** What an MCP server may know of the run that it serves, by the names that it knows it by. */
interface RunIds {
  BATON_SESSION_ID: string;
  BATON_RUN_ID: string;
}

/**
 * What the file of `--mcp-config` holds: the caller's servers, so written that each value reaches its server as the
 * caller wrote it. The CLI would put variables of its own environment, the operator's, in the place of `${NAME}` and
 * `${NAME:-x}` (test/contract/mcp-expansion.test.ts).
 *
 * @param withheld Variables of the operator that no program is given: they are there, but empty.
 * @param ids Added to the environment of servers that are programs. In the address and the headers of other servers
 *   `${BATON_SESSION_ID}` and `${BATON_RUN_ID}` are replaced by them: the two references that stay references.
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

// The CLI starts a program with its own whole environment, and `env` over it.
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
  // The CLI expands headers when it reads the file, and what came of it once more when it connects.
  const header: MapText = (text) => exact(exact(fillIn(text, ids)));
  return {
    ...server,
    url: exact(fillIn(url, ids)),
    ...defined({ headers: headers && mapValues(headers, header) }),
  };
}

// The CLI has no escape, but it puts the default of an unset variable in as it is and looks at it no more.
function escapeBy(unset: string): MapText {
  return (text) => text.replaceAll('${', () => `\${${unset}:-$}{`);
}

// A random name: no caller and no settings of a repository can set a variable whose name they cannot guess.
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
