// Error messages about input that does not fit its schema, in Baton's words instead of the library's.
import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

const KINDS: Record<string, string> = {
  string: 'string',
  number: 'number',
  int: 'whole number',
  boolean: 'true or false',
  array: 'list',
  object: 'object',
  record: 'object',
  date: 'date',
  null: 'null',
  undefined: 'nothing',
};

const FORMATS: Record<string, string> = {
  datetime: 'a time such as 2026-01-31T12:00:00Z',
  date: 'a date such as 2026-01-31',
  url: 'an absolute URL',
  uuid: 'a UUID',
};

// The unit in which a length is counted, in the singular and in the plural.
const UNITS: Record<string, readonly [one: string, more: string]> = {
  string: ['character', 'characters'],
  array: ['item', 'items'],
};

/**
 * Returns the message of an issue whose schema sets no message: what was expected, and what kind of
 * value was found. The message never contains the value, because it may be a secret.
 */
export function issueMessage(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${KINDS[issue.expected] ?? 'a different kind of value'}, got ${kindOf(issue.input)}`;
    case 'invalid_value':
      return `expected ${oneOf(issue.values)}`;
    case 'too_small':
      return bound(issue, issue.minimum, issue.inclusive ? 'at least' : 'more than');
    case 'too_big':
      return bound(issue, issue.maximum, issue.inclusive ? 'at most' : 'less than');
    case 'invalid_format':
      return `expected ${FORMATS[issue.format] ?? 'a string in another format'}`;
    case 'unrecognized_keys':
      return 'expected a known key; correct its name or leave it out';
    case 'invalid_union':
      return Array.isArray(issue['options']) ? `expected ${oneOf(issue['options'])}` : UNKNOWN;
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`;
    default:
      return UNKNOWN;
  }
}

const UNKNOWN = 'expected a different value';

function bound(
  { origin, input }: Issue & { origin: string },
  limit: number | bigint,
  relation: string,
): string {
  const units = UNITS[origin];
  if (!units) return `expected ${relation} ${limit}`;
  const { length } = input as { length: number };
  return `expected ${relation} ${limit} ${units[Number(limit) === 1 ? 0 : 1]}, got ${length}`;
}

function oneOf(values: readonly unknown[]): string {
  const options = values.map((value) => JSON.stringify(value) ?? 'nothing');
  return options.length > 1 ? `one of ${options.join(', ')}` : (options[0] ?? 'nothing');
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'number' && !Number.isInteger(value)) return 'number with a fraction';
  return KINDS[typeof value] ?? 'a different kind of value';
}
