import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../markdown/pages.ts';
import type { Program } from './programs.ts';

const COMPILER_OPTIONS = {
  target: 'es2024',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  // The snippets import the workspace packages as sources, which need the options of their tsconfig.json.
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
};

/** Type-checks every program as a separate module, in one run of tsc. Returns the lines of tsc's errors. */
export async function compile(programs: readonly Program[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-snippets-'));
  try {
    const files = programs.map(({ name }) => `${name.replaceAll(/[/:]/g, '_')}.ts`);
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    const config = { compilerOptions: COMPILER_OPTIONS, files };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    for (const [index, { code }] of programs.entries()) {
      await writeFile(join(folder, files[index] ?? ''), `${code}\nexport {};\n`);
    }
    return await runTsc(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runTsc(folder: string): Promise<string[]> {
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [tsc, '--pretty', 'false'], { cwd: folder }, (error, out) => {
      // tsc exits with 1 or 2 if it finds errors, and prints them.
      if (error === null || out !== '') resolve(out);
      else reject(error);
    });
  });
  return output.split('\n').filter((line) => line !== '');
}
