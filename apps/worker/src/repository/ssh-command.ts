// The command by which git reaches a server over ssh.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepositoryAddress } from '@baton/core/internal';
import type { HostCredentials } from './operator-credentials.ts';
import { quoteForShell } from './quote-for-shell.ts';

const CONNECT_SECONDS = 30;

/**
 * Writes the key and the known hosts into a private folder, and returns the value of GIT_SSH_COMMAND. Without known hosts,
 * ssh uses those of the system, `/etc/ssh/ssh_known_hosts`. A host key that is not known is refused.
 *
 * @param address The server as its URL names it: its keys are looked up by this name.
 * @param connectTo The address that ssh connects to.
 */
export async function sshCommand(
  { host, port, user = 'git' }: RepositoryAddress,
  connectTo: string,
  { ssh_key, ssh_known_hosts }: HostCredentials,
  folder: string,
): Promise<string> {
  const hosts = join(folder, 'known_hosts');
  await writeFile(hosts, ssh_known_hosts === undefined ? '' : asLines(ssh_known_hosts), {
    mode: 0o600,
  });
  const key = join(folder, 'key');
  if (ssh_key !== undefined) await writeFile(key, asLines(ssh_key), { mode: 0o600 });
  const options: readonly (readonly [string, string])[] = [
    ['User', user],
    ['HostName', connectTo],
    ['HostKeyAlias', port === 22 ? host : `[${host}]:${port}`],
    ['StrictHostKeyChecking', 'yes'],
    ['UserKnownHostsFile', `"${hosts}"`],
    ['UpdateHostKeys', 'no'],
    ['BatchMode', 'yes'],
    ['PreferredAuthentications', 'publickey'],
    ['PasswordAuthentication', 'no'],
    ['IdentitiesOnly', 'yes'],
    ['IdentityAgent', 'none'],
    ['IdentityFile', ssh_key === undefined ? 'none' : `"${key}"`],
    ['ForwardAgent', 'no'],
    ['ClearAllForwardings', 'yes'],
    ['ControlMaster', 'no'],
    ['ControlPath', 'none'],
    ['ProxyCommand', 'none'],
    ['PermitLocalCommand', 'no'],
    ['CheckHostIP', 'no'],
    ['ConnectTimeout', String(CONNECT_SECONDS)],
    ['ServerAliveInterval', '15'],
    ['LogLevel', 'ERROR'],
  ];
  const quoted = options.map(([name, value]) => `-o ${quoteForShell(`${name}=${value}`)}`);
  return `ssh -F none ${quoted.join(' ')}`;
}

function asLines(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
