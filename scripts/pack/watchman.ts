// Started by prepack, on its own: puts the workspace's manifest back when npm dies before postpack.
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from './npm-process.ts';
import { createSwap } from './swap.ts';

const [dir = '', npm = ''] = process.argv.slice(2);
const swap = createSwap(dir);

process.send?.('watching');
process.disconnect?.();
while (isAlive(Number(npm))) await pause(50);
// Another npm may pack by now: its swap is not ours.
if (swap.owner() === Number(npm)) swap.restore();
