// A git server on loopback, over https and ssh, for tests.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import { type HttpsGitServer, startHttpsGitServer } from './https-server.ts';
import { type BareRepository, createBareRepository } from './repositories.ts';
import { type SshGitServer, startSshGitServer } from './ssh-server.ts';

/** A git server with bare repositories of its own. */
export interface GitServer {
  /** PEM file with the authority of the https server: the value of the setting GIT_CA_FILE. */
  caFile: string;
  https: HttpsGitServer;
  ssh: SshGitServer;
  /** Creates a bare repository, or replaces it. Its URLs are `httpsUrl(name)` and `sshUrl(name)`. */
  create(name: string): Promise<BareRepository>;
  /** Returns the https URL of a repository. Default of `host`: 127.0.0.1; the certificate also has `localhost`. */
  httpsUrl(name: string, host?: string): string;
  sshUrl(name: string, host?: string): string;
  /** Ends both servers; the repositories stay until `close`. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Settings of a worker that may reach the server: addresses of loopback are allowed, and its authority is trusted. */
export function gitServerSettings({ caFile }: GitServer): Record<string, string> {
  return { GIT_CA_FILE: caFile, GIT_ALLOWED_ADDRESSES: '127.0.0.0/8,::1' };
}

/**
 * Starts a git server. Call `close` at the end.
 *
 * @param parent The folder for its temporary folder. Default: the system's.
 */
export async function startGitServer(parent = tmpdir()): Promise<GitServer> {
  const root = await mkdtemp(join(parent, 'baton-git-server-'));
  const repositories = join(root, 'repositories');
  await mkdir(repositories);
  const certificate = makeCertificate(['localhost', 'git.example.com']);
  const caFile = join(root, 'ca.pem');
  await writeFile(caFile, certificate.cert);
  const https = await startHttpsGitServer(repositories, certificate);
  const ssh = await startSshGitServer(repositories);
  let stopped: Promise<unknown> | undefined;

  async function stop(): Promise<void> {
    stopped ??= Promise.all([https.close(), ssh.close()]);
    await stopped;
  }

  return {
    caFile,
    https,
    ssh,
    async create(name) {
      const path = join(repositories, `${name}.git`);
      await rm(path, { recursive: true, force: true });
      return createBareRepository(path);
    },
    httpsUrl: (name, host = '127.0.0.1') => `https://${host}:${https.port}/${name}.git`,
    sshUrl: (name, host = '127.0.0.1') => `ssh://git@${host}:${ssh.port}/${name}.git`,
    stop,
    async close() {
      await stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}
