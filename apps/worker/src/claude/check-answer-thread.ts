// Checks one answer against one schema and says what does not fit, or null: a thread of check-answer.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { Ajv } from 'ajv';

const { schema, answer } = workerData as { schema: object; answer: unknown };

const ajv = new Ajv({
  // As claude 2.1.330 makes its own.
  allErrors: true,
  validateFormats: false,
  multipleOfPrecision: 6,
  // The CLI has accepted the schema: keywords that are new to this validator are no reason to fail.
  strict: false,
  logger: false,
});
const validate = ajv.compile(schema);
const fits = validate(answer);
parentPort?.postMessage(
  fits ? null : ajv.errorsText(validate.errors, { dataVar: 'structured_output' }),
);
