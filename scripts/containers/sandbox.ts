// Tests the Bash sandbox in the worker's image, with and without the rights that it needs.
import { execa } from 'execa';

const IMAGE = 'baton-worker';

const BUILD_TIMEOUT_MS = 15 * 60_000;
const RUN_TIMEOUT_MS = 3 * 60_000;

// STRICT has the options of docker-compose.yml. LOOSENED has the rights that docs/containers.md adds.
const STRICT = ['--cap-drop=ALL', '--security-opt=no-new-privileges:true'];
const LOOSENED = ['seccomp=unconfined', 'apparmor=unconfined', 'systempaths=unconfined'];

// Runs the worker's own probe from its image.
const PROBE = `
const { probeEnvScrub } = await import('/app/apps/worker/src/scrub/probe.ts');
const { createIdentity } = await import('/app/apps/worker/src/host/identity.ts');
const { PATH, HOME } = process.env;
const cli = { file: '/usr/local/bin/claude', version: '' };
const deps = { cli, launcher: [], baseEnv: { PATH, HOME }, identity: createIdentity() };
console.log(JSON.stringify(await probeEnvScrub(deps, new AbortController().signal)));
`;

/** The options of the docker command. */
export interface DockerOptions {
  cwd: string;
  env: Record<string, string | undefined>;
  cancelSignal: AbortSignal;
}

/**
 * Builds the worker's image, and tests the sandbox in it. Throws if the sandbox does not work with
 * the rights in docs/containers.md. Also throws if the sandbox works without these rights, because
 * then that page is wrong.
 */
export async function checkSandbox(options: DockerOptions): Promise<void> {
  const docker = (args: string[], timeout: number) =>
    execa('docker', args, { ...options, extendEnv: false, timeout });
  await docker(['build', '--quiet', '--target=worker', `--tag=${IMAGE}`, '.'], BUILD_TIMEOUT_MS);

  async function probe(rights: readonly string[]): Promise<string | null> {
    const args = [...STRICT, ...rights.map((one) => `--security-opt=${one}`)];
    const run = ['run', '--rm', ...args, IMAGE, 'node', '--input-type=module', '--eval', PROBE];
    const { stdout } = await docker(run, RUN_TIMEOUT_MS);
    return JSON.parse(stdout.split('\n').at(-1) ?? '') as string | null;
  }

  const loosened = await probe(LOOSENED);
  if (loosened !== null) {
    throw new Error(`expected the sandbox to work in the worker's image, got: ${loosened}`);
  }
  const strict = await probe([]);
  if (strict === null) {
    throw new Error(
      'the sandbox works without the rights that docs/containers.md names: correct the page',
    );
  }
}
