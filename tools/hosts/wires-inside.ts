// Runs in a test host: the inner ends of its wires. Prints a line once they listen.
// Usage: wires-inside.ts FOLDER PORT...
import { inwardSocket, leadFromOutside, leadToSocket, outwardSocket } from './wires.ts';

const [folder = '', ...ports] = process.argv.slice(2);
for (const port of ports) await leadToSocket(+port, outwardSocket(folder, +port));
await leadFromOutside(inwardSocket(folder));
process.stdout.write('ready\n');
