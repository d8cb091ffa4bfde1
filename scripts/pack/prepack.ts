// Run by npm before it packs a package: builds `dist` and puts the published package.json in place.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { publishedManifest } from './manifest.ts';
import { isAlive, npmPid } from './npm-process.ts';
import { createSwap } from './swap.ts';

const dir = process.cwd();
const env = { PATH: process.env['PATH'] };
const npm = npmPid();
const swap = createSwap(dir);

const other = swap.owner();
if (other !== null && isAlive(other)) throw new Error(`npm ${other} packs ${dir} just now`);
swap.restore();

rmSync(join(dir, 'dist'), { recursive: true, force: true });
execFileSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: dir, env, stdio: ['ignore', 2, 2] });
const published = publishedManifest(readFileSync(join(dir, 'package.json'), 'utf8'));

const watchman = fork(new URL('./watchman.ts', import.meta.url), [dir, String(npm)], {
  env,
  detached: true,
  stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
});
await once(watchman, 'message');
watchman.unref();
swap.put(published, npm);
