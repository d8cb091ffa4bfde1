// Starts the services as a launcher does, prints their addresses as one JSON line, and runs until SIGTERM.

import { startServices } from '../../../../tools/dev-services/services.ts';

const { env } = process;
const [, , dataDir] = process.argv;
const services = await startServices({ env, dataDir, log: (line) => console.error(line) });
// The handler is added before the line is printed, because its reader may send SIGTERM at once.
process.once('SIGTERM', () => void services.stop());
const { redis, mongodb } = services;
console.log(JSON.stringify({ redis, mongodb }));
