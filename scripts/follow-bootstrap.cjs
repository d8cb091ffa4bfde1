// Loaded into each Node program that the bootstrap runs (node --require): ends the program when the bootstrap is gone.
// A bootstrap that was killed with SIGKILL cannot pass anything on. CommonJS, for `--require` works on any Node from 18 on.
const { isMainThread } = require('node:worker_threads');

const LOOK_EVERY_MS = 250;
// An orderly stop may wait for running sessions; the second signal skips that wait, and SIGKILL ends what hangs.
const SIGNALS = [
  ['SIGTERM', 0],
  ['SIGTERM', 1_500],
  ['SIGKILL', 10_000],
];

const bootstrap = Number(process.env['BATON_BOOTSTRAP_PID']);
if (isMainThread && bootstrap > 0) follow();

function follow() {
  // A parent that nobody reaps still counts as alive, and yet is no parent any more. A child of such a program
  // (a fork inherits `--require`) never was the bootstrap's own.
  const isChild = process.ppid === bootstrap;
  const watch = setInterval(() => {
    if (isChild ? process.ppid === bootstrap : isAlive(bootstrap)) return;
    clearInterval(watch);
    for (const [signal, afterMs] of SIGNALS) {
      setTimeout(() => process.kill(process.pid, signal), afterMs).unref();
    }
  }, LOOK_EVERY_MS).unref();
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
