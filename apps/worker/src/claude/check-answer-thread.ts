// The thread that check-answer.ts starts. It checks one answer against one schema, and posts what
// does not fit, or null if everything fits.
import { parentPort, workerData } from 'node:worker_threads';
import { findMisfit } from './find-misfit.ts';

const { schema, answer } = workerData as { schema: object; answer: unknown };

parentPort?.postMessage(findMisfit(schema, answer));
