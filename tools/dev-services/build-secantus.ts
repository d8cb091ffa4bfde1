import { createHash } from 'node:crypto';
import { glob, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { installOnce } from './cache.ts';
import { type Environment, installerEnvironment } from './environment.ts';
import { ServicesError } from './errors.ts';
import type { Host } from './host.ts';
import { findOnPath, isProgram } from './on-path.ts';
import { run } from './run.ts';
import { cachedSecantus, secantusCrate, secantusFolder } from './secantus-rs.ts';

const logEveryMs = 10_000;
const tools = [
  { names: ['cargo'], install: 'Rust 1.95 or later (cargo)' },
  { names: ['cc', 'gcc', 'clang'], install: 'a C compiler' },
  { names: ['cmake'], install: 'cmake' },
];

/**
 * Returns SecantusDB's Rust server, and builds it into the cache if the cache lacks it. If a build
 * tool is missing, throws an error that names the tool.
 */
export async function buildSecantus(
  host: Host,
  sha256: string = secantusCrate.sha256,
): Promise<string> {
  const program = cachedSecantus(host.cache);
  if (await isProgram(program)) return program;
  const cargo = await findTools(host.env);
  const { name, version } = secantusCrate;
  await installOnce(host, secantusFolder, async (draft) => {
    host.log(`building ${secantusCrate.program} from ${name} ${version}: once, about five minutes`);
    const target = join(draft, 'target');
    const pinned = ['--locked', '--ignore-rust-version', '--version', `=${version}`];
    await run(host.guardian, cargo, ['install', ...pinned, '--root', draft, name], {
      env: { ...installerEnvironment(host.env), CARGO_TARGET_DIR: target },
      cwd: draft,
      onLine: progress(host.log),
    });
    await checkCrate(host.env, sha256);
    await rm(target, { recursive: true, force: true });
  });
  return program;
}

async function findTools(env: Environment): Promise<string> {
  let cargo = '';
  for (const { names, install } of tools) {
    const found = await Promise.all(names.map((name) => findOnPath(name, env['PATH'])));
    const program = found.find((file) => file !== undefined);
    if (!program) {
      throw new ServicesError(
        `building ${secantusCrate.program} needs ${install} on PATH, but found no ${names.join(' or ')} there. ` +
          'Install it, or put mongod on PATH, which Baton prefers.',
      );
    }
    cargo ||= program;
  }
  return cargo;
}

function progress(log: (line: string) => void): (line: string) => void {
  const started = Date.now();
  let loggedAt = started;
  let crates = 0;
  return (line) => {
    const crate = line.match(/^\s*Compiling (\S+)/)?.[1];
    if (!crate) return;
    crates += 1;
    if (crates > 1 && Date.now() - loggedAt < logEveryMs) return;
    loggedAt = Date.now();
    log(`${Math.round((loggedAt - started) / 1000)} s: compiling crate ${crates}, ${crate}`);
  };
}

// The crate's lock file pins all dependencies by checksum, so the checksum of the crate pins the whole build.
async function checkCrate(env: Environment, sha256: string): Promise<void> {
  const home = env['CARGO_HOME'] || join(env['HOME'] || homedir(), '.cargo');
  const { name, version } = secantusCrate;
  for await (const file of glob(`registry/cache/*/${name}-${version}.crate`, { cwd: home })) {
    const digest = createHash('sha256')
      .update(await readFile(join(home, file)))
      .digest('hex');
    if (digest === sha256) return;
  }
  throw new ServicesError(
    `the download of ${name} ${version} does not have the expected sha256 ${sha256}: not installed`,
  );
}
