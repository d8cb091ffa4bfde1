import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { installOnce, uninstall } from './cache.ts';
import { installerEnvironment } from './environment.ts';
import type { Host } from './host.ts';
import { findPython } from './python.ts';
import { run } from './run.ts';

/**
 * A Python wheel. `pins` is a file in `wheels`, or an absolute path. It pins the wheel and all its dependencies by
 * version and sha256.
 */
export type Wheel = { readonly name: string; readonly version: string; readonly pins: string };

/**
 * Returns the virtual environment with the wheel, and makes it first if the cache has no working
 * environment.
 */
export async function installWheel(wheel: Wheel, host: Host): Promise<string> {
  const pins = resolve(import.meta.dirname, 'wheels', wheel.pins);
  const digest = createHash('sha256')
    .update(await readFile(pins))
    .digest('hex')
    .slice(0, 8);
  const name = `${wheel.name}-${wheel.version}-${digest}-${process.platform}-${process.arch}`;
  const venv = join(host.cache, name);

  const build = async (folder: string) => {
    const python = await findPython(host);
    host.log(
      `installing ${wheel.name} ${wheel.version} for ${python.version} (once, some seconds)`,
    );
    const started = Date.now();
    const options = { env: installerEnvironment(host.env), cwd: folder };
    await run(host.guardian, python.program, ['-m', 'venv', folder], options);
    const pip = ['-m', 'pip', 'install', '--require-hashes', '--no-deps', '--only-binary=:all:'];
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
    const venvPython = join(folder, 'bin', 'python');
    await run(host.guardian, venvPython, [...pip, ...quiet, '-r', pins], options);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    host.log(`installed ${wheel.name} ${wheel.version} in ${seconds} s`);
  };

  if (!(await hasPython(await installOnce(host, name, build)))) {
    // the Python that made the environment no longer exists
    await uninstall(host.cache, name);
    await installOnce(host, name, build);
  }
  return venv;
}

async function hasPython(venv: string): Promise<boolean> {
  return access(join(venv, 'bin', 'python')).then(
    () => true,
    () => false,
  );
}
