// Runs a command with the dependencies in place and their node first on PATH: node scripts/bootstrap.mjs node scripts/demo.ts
// It runs before any dependency is there and on any Node from 18 on, so it has none and is plain JavaScript.
// Standard output belongs to the command: what the bootstrap says goes to standard error.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');

if (!isInstalled()) {
  console.error('baton: installing dependencies (npm ci) ...');
  const started = Date.now();
  const { code, signal } = await install();
  if (code !== 0) {
    console.error(`baton: npm ci ended with ${signal ?? code}; its output above says why`);
    process.exit(code ?? 1);
  }
  console.error(`baton: dependencies installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

const [command, ...args] = process.argv.slice(2);
if (command !== undefined) {
  // the command's environment is the caller's, as behind any `npm run`: what it hands on is its own affair
  const env = {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
    BATON_BOOTSTRAP_PID: String(process.pid),
  };
  const { code, signal } = await run(command, args, { env, stdio: 'inherit' });
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
}

/** Tells whether node_modules holds what package-lock.json names. npm writes its own list last of all. */
function isInstalled() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present || !existsSync(join(bin, 'node'))) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = present[path];
    if (!found) return entry.optional === true; // made for another platform
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch {
    return undefined; // absent or cut short: not installed
  }
}

function install() {
  const cli = process.env.npm_execpath;
  const isNpm = cli !== undefined && basename(cli).startsWith('npm');
  const npm = isNpm ? [process.execPath, cli] : ['npm'];
  const [file, ...first] = npm;
  const args = [...first, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  return run(file, args, { cwd: root, stdio: ['ignore', process.stderr, process.stderr] });
}

/** Runs a program, passing our signals on to it, and resolves with how it ended. */
function run(file, args, options) {
  let child;
  // a terminal's Ctrl-C reaches the child by itself, and a second one would skip its orderly stop
  const forward = (signal) => {
    if (signal !== 'SIGINT' || !process.stderr.isTTY) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // before the spawn: a signal between the two would end us and leave the child
  for (const signal of signals) process.on(signal, forward);
  child = spawn(file, args, options);
  const watch = watchNpm(() => child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`baton: cannot run ${file}: ${error.message}`);
      resolve({ code: 127, signal: null });
    });
    child.on('close', (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, forward);
      resolve({ code, signal });
    });
  });
}

/** Calls back once the npm that runs this is gone: killed with SIGKILL it could not pass anything on. */
function watchNpm(onGone) {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onGone();
  }, 250);
  return watch;
}
