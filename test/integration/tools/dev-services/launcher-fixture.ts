// Starts the services as a launcher would, says where they are in one JSON line, and runs until it is told to stop.

import { startServices } from '../../../../tools/dev-services/services.ts';

const { env } = process;
const [, , dataDir] = process.argv;
const services = await startServices({ env, dataDir, log: (line) => console.error(line) });
// before the line that says it is ready: whoever reads that may stop it at once
process.once('SIGTERM', () => void services.stop());
const { redis, mongodb } = services;
console.log(JSON.stringify({ redis, mongodb }));
