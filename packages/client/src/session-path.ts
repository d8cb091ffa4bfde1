import { invalid } from './baton-error.ts';

/**
 * Returns the path of a session below the base URL. Throws INVALID_REQUEST if `id` cannot be an id.
 */
export function sessionPath(id: string): string {
  return `v1/sessions/${checkId(id)}`;
}

/**
 * Returns `id` if it can be an id; otherwise throws INVALID_REQUEST. Without this check, an id with
 * `/` or `..` would call another route.
 */
export function checkId(id: string): string {
  if (/^[\w-]+$/.test(id)) return id;
  throw invalid('id', 'the id of a session, a message or a schedule');
}
