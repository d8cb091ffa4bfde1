import { execFileSync } from 'node:child_process';

const NPM = /(^|[\s/])npm(-cli\.js)?(\s|$)/;

// npm, its shell, this process; anything further up is somebody else's npm.
const MAX_STEPS = 3;

/** The pid of the npm that runs this script, or throws where it was not npm. */
export function npmPid(): number {
  let pid = process.ppid;
  for (let step = 0; step < MAX_STEPS && pid > 1; step += 1) {
    const { parent, command } = describe(pid);
    if (NPM.test(command)) return pid;
    pid = parent;
  }
  throw new Error('expected to be run by npm: npm pack -w packages/core');
}

function describe(pid: number): { parent: number; command: string } {
  const env = { PATH: process.env['PATH'] };
  const args = ['-o', 'ppid=,args=', '-p', String(pid)];
  const [parent = '0', ...command] = execFileSync('ps', args, { env, encoding: 'utf8' })
    .trim()
    .split(/\s+/);
  return { parent: Number(parent), command: command.join(' ') };
}

/** Says whether a process of ours is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: gone. EPERM: the number is another user's by now.
    return false;
  }
}
