import { Ajv } from 'ajv';

/**
 * Returns one line that says which part of an answer does not fit a JSON schema, or null if the
 * whole answer fits. Throws if the schema cannot be compiled. A bad pattern can run for hours, so
 * call this in its own thread, as check-answer-thread.ts does.
 */
export function findMisfit(schema: object, answer: unknown): string | null {
  const ajv = new Ajv({
    // The options with which claude 2.1.330 creates its own Ajv.
    allErrors: true,
    validateFormats: false,
    multipleOfPrecision: 6,
    // The CLI has accepted the schema, so keywords that this validator does not know must not make
    // the check fail.
    strict: false,
    logger: false,
  });
  const validate = ajv.compile(schema);
  return validate(answer)
    ? null
    : ajv.errorsText(validate.errors, { dataVar: 'structured_output' });
}
