// Serves the bare repositories of a folder over ssh.
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import ssh2, { type Connection, type ParsedKey, type ServerChannel } from 'ssh2';
import { testGitEnv } from './repositories.ts';

const COMMAND = /^git[- ](upload-pack|receive-pack) '([^']*)'$/;

/** A git server over ssh. */
export interface SshGitServer {
  port: number;
  /** The private key of the only user that the server lets in, in OpenSSH's format. */
  userKey: string;
  /** The server's public key: the two last fields of a line of a known_hosts file. */
  hostKey: string;
  /** Returns the line of a known_hosts file for a host name at the server's port. */
  knownHosts(host: string): string;
  /** The commands so far, oldest first. */
  commands: string[];
  close(): Promise<void>;
}

/** Starts the server on a free port of 127.0.0.1. Its user is `git`. */
export async function startSshGitServer(root: string): Promise<SshGitServer> {
  const host = makeKeyPair();
  const user = makeKeyPair();
  const hostKey = host.public.split(' ').slice(0, 2).join(' ');
  const allowed = user.parsed;
  const commands: string[] = [];
  const connections = new Set<Connection>();

  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    connections.add(client);
    client.on('error', () => {});
    client.on('close', () => connections.delete(client));
    client.on('authentication', (context) => {
      const isAllowed =
        context.method === 'publickey' &&
        context.username === 'git' &&
        context.key.data.equals(allowed.getPublicSSH()) &&
        (!context.signature ||
          allowed.verify(context.blob ?? Buffer.alloc(0), context.signature, context.hashAlgo) ===
            true);
      if (isAllowed) context.accept();
      else context.reject(['publickey']);
    });
    client.on('session', (accept) => {
      const session = accept();
      const env: Record<string, string> = {};
      session.on('env', (acceptEnv, _reject, { key, val }) => {
        if (key === 'GIT_PROTOCOL') env[key] = val;
        acceptEnv?.();
      });
      session.on('exec', (acceptExec, reject, { command }) => {
        commands.push(command);
        const [, service, path] = COMMAND.exec(command) ?? [];
        if (service === undefined || path === undefined) return void reject?.();
        serve(acceptExec(), service, join(root, normalize(`/${path}`)), env);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    port,
    userKey: user.private,
    hostKey,
    knownHosts: (name) => `[${name}]:${port} ${hostKey}\n`,
    commands,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const one of connections) one.end();
      }),
  };
}

// About one in a hundred of the keys that ssh2 makes is malformed: it misreads their length.
function makeKeyPair(): { private: string; public: string; parsed: ParsedKey } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519');
    const parsed = ssh2.utils.parseKey(pair.public);
    const isWhole = !(ssh2.utils.parseKey(pair.private) instanceof Error);
    if (!(parsed instanceof Error) && isWhole) return { ...pair, parsed };
  }
}

function serve(
  channel: ServerChannel,
  service: string,
  repository: string,
  env: Record<string, string>,
): void {
  const child = spawn('git', [service, repository], {
    env: { ...testGitEnv, ...env },
    stdio: 'pipe',
  });
  channel.pipe(child.stdin);
  child.stdin.on('error', () => {});
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.on('close', (code) => {
    channel.exit(code ?? 1);
    channel.end();
  });
  channel.on('close', () => child.kill());
}
