// The thread of check-answer.ts. It checks one answer against one schema, and posts what does not
// fit, or null.
import { parentPort, workerData } from 'node:worker_threads';
import { misfitOf } from './misfit.ts';

const { schema, answer } = workerData as { schema: object; answer: unknown };

parentPort?.postMessage(misfitOf(schema, answer));
