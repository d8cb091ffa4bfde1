import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installOnce } from './cache.ts';
import type { Found } from './candidates.ts';
import { installerEnvironment } from './environment.ts';
import { ServicesError } from './errors.ts';
import type { Host } from './host.ts';
import { isProgram } from './on-path.ts';
import { isReachable } from './reachable.ts';
import { run } from './run.ts';

const version = '8.2.6';
const name = `mongod-${version}-${process.platform}-${process.arch}`;
const lookUpLimitMs = 3000;
const from = `MongoDB's own download ${version}`;

/** Returns the mongod that an earlier start downloaded, or undefined. */
export async function downloadedMongod({ cache }: Host): Promise<Found | undefined> {
  const program = join(cache, name, 'mongod');
  return (await isProgram(program)) ? { program, from } : undefined;
}

/** Downloads mongod into the cache. Throws within 3 s if the download host does not answer. */
export async function downloadMongod(host: Host): Promise<Found> {
  const url = await downloadUrl(host.env['MONGOMS_DOWNLOAD_MIRROR']);
  if (!(await isReachable(url, lookUpLimitMs))) {
    throw new ServicesError(`its download host ${url.host} does not answer`);
  }
  const folder = await installOnce(host, name, async (draft) => {
    host.log(`downloading mongod ${version} (once, about 100 MB)`);
    const script = fileURLToPath(new URL('./mongod-download-child.ts', import.meta.url));
    const env = {
      ...installerEnvironment(host.env),
      MONGOMS_DOWNLOAD_DIR: draft,
      npm_config_strict_ssl: 'true', // without this setting, the library accepts any certificate
    };
    await run(host.guardian, process.execPath, [script, version, draft], { env, cwd: draft });
    host.log(`downloaded mongod ${version}`);
  });
  return { program: join(folder, 'mongod'), from };
}

async function downloadUrl(mirror: string | undefined): Promise<URL> {
  if (mirror) return new URL(mirror);
  const { MongoBinaryDownloadUrl } = await import(
    'mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js'
  );
  const { platform, arch } = process;
  return new URL(await new MongoBinaryDownloadUrl({ version, platform, arch }).getDownloadUrl());
}
