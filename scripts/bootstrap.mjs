// Runs a command with the dependencies in place and their node first on PATH: node scripts/bootstrap.mjs node scripts/demo.ts
// It runs before any dependency is there and on any Node from 18 on, so it has none and is plain JavaScript.
// Standard output belongs to the command: what the bootstrap says goes to standard error.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');

// npm passes on what the terminal has sent to the whole group already: one Ctrl-C, several signals.
const SAME_SIGNAL_MS = 500;
const LOOK_EVERY_MS = 250;
// at once: whoever started this may be gone before the first program runs
const parent = process.ppid;

// programs of Node end when this process is killed
const following = ['--require', join(root, 'scripts', 'follow-bootstrap.cjs')];
const ours = { ...process.env, BATON_BOOTSTRAP_PID: String(process.pid) };

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
  const env = { ...ours, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  const [file, ...first] = programOf(command);
  const { code, signal } = await run(file, [...first, ...args], { env, stdio: 'inherit' });
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

/** What is run for a command: a script of Node by its node, anything else as it is. */
function programOf(command) {
  const node = [join(bin, 'node'), ...following];
  if (command === 'node') return node;
  const file = join(bin, command);
  const script = existsSync(file) ? realpathSync(file) : file;
  return /\.[cm]?js$/.test(script) ? [...node, script] : [command];
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
  const npm = isNpm ? [process.execPath, ...following, cli] : ['npm'];
  const [file, ...first] = npm;
  const args = [...first, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  return run(file, args, {
    cwd: root,
    env: ours,
    stdio: ['ignore', process.stderr, process.stderr],
  });
}

/**
 * Runs a program and resolves with how it ended. Our signals are passed on to it, and it is ended when the process
 * that started us is gone: an npm killed with SIGKILL could not pass anything on.
 */
function run(file, args, options) {
  let child;
  const passOn = once(SAME_SIGNAL_MS, (signal) => child.kill(signal));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // before the spawn: a signal between the two would end us and leave the child
  for (const signal of signals) process.on(signal, passOn);
  child = spawn(file, args, options);
  const watch = watchParent(() => endSoon(child));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`baton: cannot run ${file}: ${error.message}`);
      resolve({ code: 127, signal: null });
    });
    child.on('close', (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, passOn);
      resolve({ code, signal });
    });
  });
}

/** Calls with each value at most once within so many milliseconds. */
function once(ms, call) {
  const at = new Map();
  return (value) => {
    if (Date.now() - (at.get(value) ?? 0) < ms) return;
    at.set(value, Date.now());
    call(value);
  };
}

/** Calls back once the process that started this one is gone, where that is npm (or the like). */
function watchParent(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onGone();
  }, LOOK_EVERY_MS);
  return watch;
}

/** Ends a program for which nobody waits any more: the second signal skips its wait for running sessions. */
function endSoon(child) {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGTERM'), 1_500).unref();
  setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
}
