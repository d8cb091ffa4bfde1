import { invalid } from './baton-error.ts';

/** The path of a session below the base. Throws INVALID_REQUEST for what cannot be an id. */
export function sessionPath(id: string): string {
  return `v1/sessions/${checkId(id)}`;
}

/** The id, where it can be one: in a path, another would lead elsewhere. Throws INVALID_REQUEST. */
export function checkId(id: string): string {
  if (/^[\w-]+$/.test(id)) return id;
  throw invalid('id', 'the id of a session or a schedule');
}
