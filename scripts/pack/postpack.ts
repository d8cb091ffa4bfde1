// Run by npm after it packed a package: everything is as it was before.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSwap } from './swap.ts';

createSwap(process.cwd()).restore();
rmSync(join(process.cwd(), 'dist'), { recursive: true, force: true });
