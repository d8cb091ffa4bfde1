import type { z } from 'zod';
import { AppError } from '../errors/app-error.ts';
import { issueMessage } from './issue-message.ts';
import { findFault } from './lossy-value.ts';

// No config needs more levels. Without a limit, hostile JSON could exhaust the stack of recursive schemas.
const MAX_DEPTH = 64;

/**
 * Returns whether JSON has more than `levels` levels. The function recurses at most `levels` deep.
 */
export function isTooDeep(value: unknown, levels = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const inner: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return inner.some((item) => isTooDeep(item, levels - 1));
}

function fieldOf(issue: z.core.$ZodIssue): string {
  const path =
    issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  return path.map(String).join('.');
}

// Orders the branches of a union by how likely the caller meant each branch. A branch that refuses
// the whole value comes last. Of the other branches, the branch with the fewest issues comes first.
// If the counts are equal, the branch whose first issue is deepest comes first.
function distance([first, ...rest]: readonly z.core.$ZodIssue[]): [number, number, number] {
  const path = first?.path.length ?? 0;
  const isOtherKind = path === 0 && first?.code !== 'unrecognized_keys';
  return [isOtherKind ? 1 : 0, rest.length, -path];
}

function isNearer(a: readonly z.core.$ZodIssue[], b: readonly z.core.$ZodIssue[]): number {
  const [kindA, countA, depthA] = distance(a);
  const [kindB, countB, depthB] = distance(b);
  return kindA - kindB || countA - countB || depthA - depthB;
}

// zod reports a union or the key of a record as a whole. The issues inside it name the field and the reason.
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code === 'invalid_key') {
    const inner = issue.issues[0];
    return inner ? { ...inner, path: issue.path } : issue;
  }
  if (issue.code !== 'invalid_union') return issue;
  const inner = [...issue.errors].sort(isNearer)[0]?.[0];
  return inner ? deepest({ ...inner, path: [...issue.path, ...inner.path] }) : issue;
}

/** Returns the first problem: the dotted path of the field, and a message. */
export function describeIssue(error: z.ZodError): { field: string; message: string } {
  const first = error.issues[0];
  if (!first) return { field: '', message: 'expected a different value' };
  const issue = deepest(first);
  return { field: fieldOf(issue), message: issue.message };
}

/** Throws INVALID_REQUEST if JSON has more levels than Baton reads. */
export function checkDepth(value: unknown): void {
  if (!isTooDeep(value)) return;
  throw new AppError('INVALID_REQUEST', `expected JSON of at most ${MAX_DEPTH} levels`, {
    details: { field: '' },
  });
}

/**
 * Parses input from outside. Throws INVALID_REQUEST, which names the field, if the input does not fit the schema or
 * would not be stored exactly as it was sent. The message never contains the value, because it may be a secret.
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown): T {
  checkDepth(value);
  const fault = findFault(value);
  if (fault) throw invalid(fault.path.join('.'), fault.message);
  const parsed = schema.safeParse(value, { error: issueMessage });
  if (parsed.success) return parsed.data;
  const { field, message } = describeIssue(parsed.error);
  throw invalid(field, message, { cause: parsed.error });
}

function invalid(field: string, message: string, options: { cause?: unknown } = {}): AppError {
  return new AppError('INVALID_REQUEST', `${field || 'the request'}: ${message}`, {
    details: { field },
    ...options,
  });
}
