// Calls of git that reach a repository's server: with its address checked and pinned, and with credentials that exist
// only while the call runs.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import {
  AppError,
  defined,
  findRepositoryRefusal,
  parseRepositoryUrl,
  type RepositoryAddress,
  type RepositoryConfig,
  type RepositoryPolicy,
} from '@baton/core/internal';
import { buildGitEnv, type GitConfig, HTTPS_CONFIG } from './git-env.ts';
import type { GitSettings } from './git-settings.ts';
import {
  findOperatorCredentials,
  type HostCredentials,
  type OperatorCredentials,
  secretTexts,
} from './operator-credentials.ts';
import { quoteForShell } from './quote-for-shell.ts';
import { toRepositoryProblem } from './repository-problem.ts';
import { type Lookup, resolveAddress } from './resolve-address.ts';
import { type GitOutput, runGit } from './run-git.ts';
import { sshCommand } from './ssh-command.ts';

/** The repository that a transport reaches, and what it needs for that. */
export interface TransportOptions {
  repository: Pick<RepositoryConfig, 'url' | 'credentials'>;
  policy: RepositoryPolicy;
  /** Used if the repository comes without credentials. */
  operatorCredentials: OperatorCredentials;
  /** `files`: a private folder of the attempt. Credentials are files in it while a call runs. */
  dirs: { files: string };
  git: GitSettings;
  /** The field of the config that names the repository. Default: `workspace.url`. */
  field?: string;
  /** Default: the system's. */
  lookup?: Lookup;
}

/** Runs git calls that reach one repository's server. */
export interface Transport {
  /** The repository's URL, without credentials: what a git command takes. */
  readonly url: string;
  /**
   * Runs git in the repository at `gitDir`. Throws REPOSITORY_NOT_ALLOWED, REPOSITORY_AUTH, REPOSITORY_NOT_FOUND,
   * REF_NOT_FOUND or REPOSITORY_UNAVAILABLE, naming the field; GitFailedError never; CaptureFailedError if this host is
   * the cause; the signal's reason if the signal fired.
   *
   * @param options `timeoutMs`: default GIT_TIMEOUT_MS. `rawErrors`: whether a failed git throws GitFailedError, for a
   *   caller that has its own words for what failed.
   */
  run(gitDir: string, args: readonly string[], options?: TransportRun): Promise<GitOutput>;
  /** Removes what calls that were killed have left. Never rejects. */
  close(): Promise<void>;
}

/** How one call runs. */
export interface TransportRun {
  input?: string;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
  rawErrors?: boolean;
}

/** Opens the transport to a repository. Connects to nothing. Throws REPOSITORY_NOT_ALLOWED if the policy refuses the URL. */
export function openTransport(options: TransportOptions): Transport {
  const { repository, policy, operatorCredentials, git, field = 'workspace.url' } = options;
  const address = checkUrl(repository.url, policy, field);
  const found = findOperatorCredentials(operatorCredentials, address);
  const credentials = withKnownHosts(repository.credentials, found);
  const secrets = secretTexts(credentials);
  const folders = new Set<string>();
  // Git gets the URL in the form that was checked, so that git and the check read the same host in it.
  const url = address.protocol === 'https:' ? address.canonical : repository.url;

  async function run(
    gitDir: string,
    args: readonly string[],
    { input, timeoutMs = git.timeoutMs, signal, rawErrors = false }: TransportRun,
  ): Promise<GitOutput> {
    const addresses = await resolveAddress(address, policy, field, options.lookup);
    const folder = await makeFolder(options.dirs.files);
    folders.add(folder);
    try {
      const env = await buildEnv({ address: address, addresses, credentials, folder, git });
      return await runGit(args, { gitDir, env, timeoutMs, signal, input });
    } catch (error) {
      throw rawErrors ? error : toRepositoryProblem(error, field, secrets);
    } finally {
      await rm(folder, { recursive: true, force: true });
      folders.delete(folder);
    }
  }

  return {
    url,
    run: (gitDir, args, runOptions = {}) => run(gitDir, args, runOptions),
    async close() {
      for (const folder of folders) {
        await rm(folder, { recursive: true, force: true }).catch(() => {});
      }
    },
  };
}

function checkUrl(url: string, policy: RepositoryPolicy, field: string): RepositoryAddress {
  const refusal = findRepositoryRefusal(url, policy);
  const address = parseRepositoryUrl(url);
  if (refusal === null && address !== null) return address;
  throw new AppError('REPOSITORY_NOT_ALLOWED', `${field}: ${refusal}`, { details: { field } });
}

// A session's own credentials replace the operator's. Known hosts are no secret, so the operator's complete them.
function withKnownHosts(
  own: RepositoryConfig['credentials'],
  operators: HostCredentials | undefined,
): HostCredentials {
  if (!own) return operators ?? {};
  return { ...defined({ ssh_known_hosts: operators?.ssh_known_hosts }), ...own };
}

async function makeFolder(files: string): Promise<string> {
  await mkdir(files, { recursive: true, mode: 0o700 });
  return mkdtemp(join(files, 'git-'));
}

interface EnvOptions {
  address: RepositoryAddress;
  addresses: readonly [string, ...string[]];
  credentials: HostCredentials;
  folder: string;
  git: GitSettings;
}

async function buildEnv(options: EnvOptions): Promise<Record<string, string>> {
  const { address, addresses, credentials, folder, git } = options;
  if (address.protocol === 'ssh:') {
    const command = await sshCommand(address, addresses[0], credentials, folder);
    const env = buildGitEnv(git, 'ssh');
    return { ...env, GIT_SSH_COMMAND: command, GIT_SSH_VARIANT: 'ssh' };
  }
  const config: GitConfig = [
    ...HTTPS_CONFIG,
    ...pinOf(address, addresses),
    ...(git.caFile === undefined ? [] : ([['http.sslCAInfo', git.caFile]] as const)),
    ...(await helperConfig(address, credentials, folder)),
  ];
  return buildGitEnv(git, 'https', config);
}

/** Returns the setting with which curl looks nothing up: it connects to the addresses that were checked. */
function pinOf({ host, port }: RepositoryAddress, addresses: readonly string[]): GitConfig {
  if (isIP(host) !== 0) return [];
  const list = addresses.map((one) => (one.includes(':') ? `[${one}]` : one)).join(',');
  return [['http.curloptResolve', `${host}:${port}:${list}`]];
}

// Git asks the helper for this server only. The file is gone when the call has ended.
async function helperConfig(
  { host, port }: RepositoryAddress,
  { username = 'x-access-token', password }: HostCredentials,
  folder: string,
): Promise<GitConfig> {
  if (password === undefined) return [];
  const file = join(folder, 'credentials');
  await writeFile(file, `username=${username}\npassword=${password}\n`, { mode: 0o600 });
  const name = host.includes(':') ? `[${host}]` : host;
  const server = port === 443 ? name : `${name}:${port}`;
  return [[`credential.https://${server}.helper`, `!f() { cat ${quoteForShell(file)}; }; f`]];
}
