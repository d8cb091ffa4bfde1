import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installOnce } from './cache.ts';
import type { FoundProgram } from './candidates.ts';
import { runsHere } from './chromium-runs.ts';
import { ServicesError } from './errors.ts';
import type { Host } from './host.ts';
import { run } from './run.ts';

const PACKAGE = '@sparticuz/chromium';

/**
 * Unpacks the headless Chromium of the npm package into the cache once, and returns it. Returns
 * undefined on any platform except Linux on x64, because the package supports no other platform.
 * Throws if the program does not run here.
 */
export async function unpackChromium(
  host: Host,
  platform = `${process.platform}-${process.arch}`,
): Promise<FoundProgram | undefined> {
  if (platform !== 'linux-x64') return undefined;
  const version = await packageVersion();
  const folder = await installOnce(host, `chromium-${version}-${platform}`, async (draft) => {
    host.log(`unpacking Chromium ${version} (once, some seconds)`);
    const script = fileURLToPath(new URL('./chromium-unpack-child.ts', import.meta.url));
    // The package unpacks into the folder for temporary files.
    const env = { PATH: host.env['PATH'], TMPDIR: draft };
    await run(host.guardian, process.execPath, [script, draft], { env, cwd: draft });
  });
  return withLibraries(host, folder, `the npm package ${PACKAGE} ${version}`);
}

/**
 * Returns the program with the system's libraries, or with the package's own libraries if the
 * system lacks some.
 */
async function withLibraries(host: Host, folder: string, from: string): Promise<FoundProgram> {
  const program = join(folder, 'chromium');
  const fonts = { FONTCONFIG_PATH: join(folder, 'fonts') };
  const plain = { program, from, env: fonts };
  // The system's libraries are tried first, because the package's libraries need glibc 2.34. The program also runs with
  // an older glibc.
  const missing = await runsHere(host, plain);
  if (missing === undefined) return plain;
  const bundled = { ...plain, env: { ...fonts, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') } };
  const failure = await runsHere(host, bundled);
  if (failure === undefined) return bundled;
  throw new ServicesError(`${missing}; with the package's own libraries: ${failure}`);
}

async function packageVersion(): Promise<string> {
  const main = fileURLToPath(import.meta.resolve(PACKAGE));
  const manifest = await readFile(join(dirname(main), '../package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return version;
}
