import { Ajv } from 'ajv';

/**
 * Returns one line that says what of an answer does not fit a JSON schema, or null if all of it fits.
 * Throws if the schema cannot be read. A bad pattern can run for hours: call it in a thread of its own,
 * as check-answer-thread.ts does.
 */
export function misfitOf(schema: object, answer: unknown): string | null {
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
  return validate(answer)
    ? null
    : ajv.errorsText(validate.errors, { dataVar: 'structured_output' });
}
