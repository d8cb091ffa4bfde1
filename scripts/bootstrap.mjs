// Installs the dependencies if they are missing, then runs a command with the installed Node.js first on PATH:
//   node scripts/bootstrap.mjs node scripts/demo.ts
// It runs before the install and on Node.js 18 or later, so it is plain JavaScript without dependencies.
// Standard output belongs to the command, so messages of the bootstrap go to standard error.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');

// A terminal sends Ctrl-C to the whole process group, and npm forwards it again. Equal signals
// within this time count as one.
const SAME_SIGNAL_MS = 500;
const LOOK_EVERY_MS = 250;
// The parent's id is read at the start, because the parent may end before the first program runs.
const parent = process.ppid;

// These options make Node.js programs end when this process is killed.
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
  // The command gets the whole environment of the caller, as under `npm run`.
  const env = { ...ours, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  const [file, ...first] = programOf(command);
  const { code, signal } = await run(file, [...first, ...args], { env, stdio: 'inherit' });
  if (signal) process.kill(process.pid, signal);
  else process.exit(code ?? 1);
}

/**
 * Returns true if node_modules holds the packages of package-lock.json. npm writes its own list of
 * packages last, so an interrupted install does not count.
 */
function isInstalled() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present || !existsSync(join(bin, 'node'))) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = present[path];
    if (!found) return entry.optional === true; // a package for another platform
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * Returns how to run a command: a Node.js script with the installed Node.js, any other program
 * directly.
 */
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
    return undefined; // missing or incomplete, so not installed
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
 * Runs a program, and resolves with its exit code and signal. Forwards signals to the program. Ends
 * the program when the parent of this process is gone, because an npm that was killed with SIGKILL
 * forwards nothing.
 */
function run(file, args, options) {
  let child;
  const passOn = once(SAME_SIGNAL_MS, (signal) => child.kill(signal));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // The listeners are added before the spawn, because a signal in between would end this process
  // and leave the child behind.
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

/**
 * Returns a function that calls `call` with the same value at most once within `ms` milliseconds.
 */
function once(ms, call) {
  const at = new Map();
  return (value) => {
    if (Date.now() - (at.get(value) ?? 0) < ms) return;
    at.set(value, Date.now());
    call(value);
  };
}

/**
 * Calls `onGone` when the parent process is gone. Watches the parent only if it is npm or a similar
 * runner.
 */
function watchParent(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    onGone();
  }, LOOK_EVERY_MS);
  return watch;
}

/** Ends a program that nobody waits for. The second SIGTERM skips its wait for running sessions. */
function endSoon(child) {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGTERM'), 1_500).unref();
  setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
}
