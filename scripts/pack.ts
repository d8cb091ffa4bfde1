// npm run pack core (or client): builds dist/ of that package with its own package.json, and packs
// it as a tarball. Arguments after the name are passed to `npm pack`. Only `npm pack` writes to
// standard output.
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { publishedManifest } from './pack/manifest.ts';

const ROOT = join(import.meta.dirname, '..');
const PACKAGES = join(ROOT, 'packages');

const [name = '', ...npmArgs] = process.argv.slice(2);
const names = await readdir(PACKAGES);
if (names.includes(name)) await pack(join(PACKAGES, name), npmArgs);
else {
  console.error(`npm run pack: expected one of ${names.join(', ')}, got ${name || 'nothing'}`);
  process.exitCode = 2;
}

/**
 * Packs the package in this folder. Its own package.json, which points to the sources, is not
 * changed.
 */
async function pack(folder: string, args: readonly string[]): Promise<void> {
  const dist = join(folder, 'dist');
  await rm(dist, { recursive: true, force: true });
  try {
    const build = ['-p', join(folder, 'tsconfig.build.json')];
    await execa('tsc', build, { preferLocal: true, localDir: ROOT, stdio: ['ignore', 2, 2] });
    const manifest = publishedManifest(await readFile(join(folder, 'package.json'), 'utf8'));
    await writeFile(join(dist, 'package.json'), manifest);
    for (const file of ['LICENSE', 'README.md']) await cp(join(folder, file), join(dist, file));
    await execa('npm', ['pack', dist, ...args], { cwd: ROOT, stdio: ['ignore', 1, 2] });
  } finally {
    await rm(dist, { recursive: true, force: true });
  }
}
