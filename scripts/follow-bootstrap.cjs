// Ends a Node.js program when the bootstrap that started it is gone, because a bootstrap that was
// killed with SIGKILL forwards no signal. The bootstrap loads this file with `node --require`. The
// file is CommonJS, which `--require` loads on every Node.js from 18 on.
const { isMainThread } = require('node:worker_threads');

const LOOK_EVERY_MS = 250;
// The first SIGTERM may wait for running sessions. The second skips that wait. SIGKILL ends a
// program that hangs.
const SIGNALS = [
  ['SIGTERM', 0],
  ['SIGTERM', 1_500],
  ['SIGKILL', 10_000],
];

const bootstrap = Number(process.env['BATON_BOOTSTRAP_PID']);
if (isMainThread && bootstrap > 0) follow();

function follow() {
  // A direct child compares its parent's id, because a dead bootstrap that nobody reaped still
  // looks alive. A grandchild (a fork inherits `--require`) has another parent, so it checks the
  // bootstrap's process id.
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
