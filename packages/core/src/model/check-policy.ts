import { AppError } from './app-error.ts';
import type { ErrorCode } from './error-codes.ts';
import type { Governed, Policy } from './policy.ts';
import { POLICY_RULES } from './policy-rules.ts';

/** The codes with which a policy refuses. */
export const POLICY_CODES = [
  'WORKING_DIR_NOT_ALLOWED',
  'ENV_NOT_ALLOWED',
  'PERMISSION_MODE_NOT_ALLOWED',
  'OPTION_NOT_ALLOWED',
] as const satisfies ErrorCode[];

/**
 * Refuses what the operator does not allow, by the letter of the request, with one
 * of POLICY_CODES that names the field.
 */
export function checkPolicy(asked: Governed, policy: Policy): void {
  for (const rule of POLICY_RULES) {
    const [refusal] = rule(asked, policy);
    if (!refusal) continue;
    const { code, field, says } = refusal;
    throw new AppError(code, `${field}: ${says}`, { details: { field } });
  }
}
