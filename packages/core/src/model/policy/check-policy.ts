import { AppError } from '../errors/app-error.ts';
import type { ErrorCode } from '../errors/error-codes.ts';
import type { Governed, Policy } from './policy.ts';
import { POLICY_RULES, type PolicyRule, WHOLE_CONFIG_RULES } from './policy-rules.ts';

/** The error codes of a policy. */
export const POLICY_CODES = [
  'WORKING_DIR_NOT_ALLOWED',
  'ENV_NOT_ALLOWED',
  'PERMISSION_MODE_NOT_ALLOWED',
  'OPTION_NOT_ALLOWED',
  'FILE_PATH_NOT_ALLOWED',
  'REPOSITORY_NOT_ALLOWED',
] as const satisfies ErrorCode[];

/**
 * Checks a whole config against the policy. Throws an error that has one of POLICY_CODES and names the field. The check
 * compares texts only; it does not look at the disk.
 */
export function checkPolicy(config: Governed, policy: Policy): void {
  check(config, policy, [...POLICY_RULES, ...WHOLE_CONFIG_RULES]);
}

/** Checks the overrides of a continue, whose other keys are not known yet. Throws like checkPolicy. */
export function checkOverrides(overrides: Governed, policy: Policy): void {
  check(overrides, policy, POLICY_RULES);
}

function check(config: Governed, policy: Policy, rules: readonly PolicyRule[]): void {
  for (const rule of rules) {
    const [refusal] = rule(config, policy);
    if (!refusal) continue;
    const { code, field, message } = refusal;
    throw new AppError(code, `${field}: ${message}`, { details: { field } });
  }
}
