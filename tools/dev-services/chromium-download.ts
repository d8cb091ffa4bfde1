import { glob } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installOnce } from './cache.ts';
import type { FoundProgram } from './candidates.ts';
import { runsHere } from './chromium-runs.ts';
import { installerEnvironment } from './environment.ts';
import { ServicesError } from './errors.ts';
import type { Host } from './host.ts';
import { isProgram } from './on-path.ts';
import { run } from './run.ts';

/** Downloads playwright's headless Chromium into the cache. Throws if the download host does not answer. */
export async function downloadChromium(host: Host): Promise<FoundProgram> {
  const main = fileURLToPath(import.meta.resolve('playwright-core/package.json'));
  const { default: manifest } = await import('playwright-core/package.json', {
    with: { type: 'json' },
  });
  const from = `the download of playwright-core ${manifest.version}`;
  const name = `playwright-${manifest.version}-${process.platform}-${process.arch}`;
  const folder = await installOnce(host, name, async (draft) => {
    host.log('downloading Chromium (once, about 100 MB)');
    const cli = join(dirname(main), 'cli.js');
    const env = { ...installerEnvironment(host.env), PLAYWRIGHT_BROWSERS_PATH: draft };
    const args = [cli, 'install', '--only-shell', 'chromium'];
    await run(host.guardian, process.execPath, args, { env, cwd: draft });
  });
  for await (const file of glob('*/*/{chrome-headless-shell,headless_shell}', { cwd: folder })) {
    const found = { program: join(folder, file), from };
    if (!(await isProgram(found.program))) continue;
    const failure = await runsHere(host, found);
    if (failure === undefined) return found;
    throw new ServicesError(failure);
  }
  throw new ServicesError(`${folder} contains no Chromium: remove that folder and start again`);
}
