// Packs a package of the workspace with `scripts/pack.ts` and installs the tarball.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** Runs a program and waits for its end. */
export const run = promisify(execFile);

/** The folder of the project. */
export const ROOT = join(import.meta.dirname, '..', '..');

const bin = join(ROOT, 'node_modules', '.bin');

// The variables that npm needs to find its user's settings and its registry.
const NPM_VARIABLES = [
  'HOME',
  'NODE_EXTRA_CA_CERTS',
  'HTTPS_PROXY',
  'NO_PROXY',
  'npm_config_registry',
  'npm_config_cache',
];

/** Returns the environment for an npm that finds the project's programs. */
function npmEnv(): Record<string, string> {
  const given = NPM_VARIABLES.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries([
    ...given.filter((pair): pair is readonly [string, string] => pair[1] !== undefined),
    ['PATH', `${bin}:${process.env['PATH']}`],
    ['npm_config_update_notifier', 'false'],
  ]);
}

/** Copies the files that packing needs, so that several tests can pack at once. */
export async function copyOfProject(into: string, name: 'core' | 'client'): Promise<void> {
  const parts = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'scripts/pack',
    'scripts/pack.ts',
  ];
  const own = ['package.json', 'tsconfig.build.json', 'README.md', 'LICENSE', 'src'];
  for (const part of [...parts, ...own.map((one) => `packages/${name}/${one}`)]) {
    await mkdir(dirname(join(into, part)), { recursive: true });
    await cp(join(ROOT, part), join(into, part), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(into, 'node_modules'));
}

/** A tarball, and the paths of the files in it. */
export interface Tarball {
  tarball: string;
  files: string[];
}

/** Packs a package of a project into a folder. */
export async function pack(
  project: string,
  name: 'core' | 'client',
  into: string,
): Promise<Tarball> {
  const { stdout } = await run(
    process.execPath,
    ['scripts/pack.ts', name, '--json', '--pack-destination', into],
    { cwd: project, env: npmEnv() },
  );
  const [one] = Object.values<{ filename: string; files: { path: string }[] }>(JSON.parse(stdout));
  if (!one) throw new Error('npm packed nothing');
  return { tarball: join(into, one.filename), files: one.files.map((file) => file.path) };
}

/** Returns the files that a source is built into: JavaScript, a source map and types. */
export function builtFrom(source: string): string[] {
  const stem = source.replace(/\.ts$/, '');
  return [`${stem}.js`, `${stem}.js.map`, `${stem}.d.ts`];
}

/** Runs `use` with a new temporary folder, then removes the folder. */
export async function withFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'baton-pack-'));
  await use(dir);
  await rm(dir, { recursive: true, force: true });
}

/** Creates an empty project in this folder and runs `npm install` with `args` there. */
export async function install(consumer: string, args: readonly string[]): Promise<void> {
  await mkdir(consumer);
  await writeFile(join(consumer, 'package.json'), '{ "type": "module", "private": true }\n');
  await run('npm', ['install', '--no-audit', '--no-fund', ...args], {
    cwd: consumer,
    env: npmEnv(),
  });
}
