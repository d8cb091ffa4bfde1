// Writes a package.json and a package-lock.json with only the claude CLI, taken from the project's
// files:
//   node scripts/claude-lock.mjs <project> <folder>
// The worker's image installs the CLI from these files. So the image has the same CLI as the tests,
// and npm checks the CLI by its hash. The layer of the CLI is rebuilt only when the CLI's version changes. The script
// has no dependencies, because it runs before any install.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CLI = '@anthropic-ai/claude-code';

const [project, folder] = process.argv.slice(2);
if (!project || !folder) {
  console.error('expected two folders: node scripts/claude-lock.mjs <project> <folder>');
  process.exit(2);
}
const version = read('package.json').devDependencies?.[CLI];
if (!/^\d+\.\d+\.\d+$/.test(version ?? '')) {
  console.error(`expected an exact version of ${CLI} in package.json, got ${version}`);
  process.exit(1);
}
const lock = read('package-lock.json');
const manifest = { name: 'claude-cli', private: true, dependencies: { [CLI]: version } };
const ours = Object.entries(lock.packages)
  .filter(([path]) => path === `node_modules/${CLI}` || path.startsWith(`node_modules/${CLI}-`))
  .map(([path, { dev: _, ...entry }]) => [path, entry]);

mkdirSync(folder, { recursive: true });
write('package.json', manifest);
write('package-lock.json', {
  name: manifest.name,
  lockfileVersion: lock.lockfileVersion,
  requires: true,
  packages: Object.fromEntries([['', manifest], ...ours]),
});

function read(name) {
  return JSON.parse(readFileSync(join(project, name), 'utf8'));
}

function write(name, content) {
  writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
}
