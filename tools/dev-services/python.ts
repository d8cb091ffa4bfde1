import { installerEnvironment } from './environment.ts';
import { ServicesError } from './errors.ts';
import type { Host } from './host.ts';
import { findOnPath } from './on-path.ts';
import { run } from './run.ts';

const names = ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3'];

// Prints the Python version. Exits with 0 for a CPython that the wheels support and that can make a virtual
// environment, else with 1.
const check = `
import sys, platform, venv, ensurepip
ok = platform.python_implementation() == "CPython" and (3, 10) <= sys.version_info[:2] <= (3, 13)
print("Python " + platform.python_version())
sys.exit(0 if ok else 1)
`;

/** Returns the first Python on PATH that the wheels support, or throws an error that says what to install. */
export async function findPython(host: Host): Promise<{ program: string; version: string }> {
  for (const name of names) {
    const program = await findOnPath(name, host.env['PATH']);
    if (!program) continue;
    const options = { env: installerEnvironment(host.env), cwd: host.cache };
    const version = await run(host.guardian, program, ['-c', check], options).catch(() => '');
    if (version) return { program, version };
  }
  throw new ServicesError(
    'needs CPython 3.10 to 3.13 with its venv module (Debian: python3 and python3-venv) on PATH',
  );
}
