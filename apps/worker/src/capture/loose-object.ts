import { inflateSync } from 'node:zlib';
import type { TreePath } from '@baton/core/captures';

// A loose object lies compressed in `objects/<2 hex digits>/<38 or 62 hex digits>`.
const LOOSE_OBJECT = /(?:^|\/)objects\/[0-9a-f]{2}\/(?:[0-9a-f]{38}|[0-9a-f]{62})$/;

/** The largest content that is searched, in bytes: it must fit into memory. */
export const MAX_INFLATED_BYTES = 134_217_728;

/** Returns whether a path is that of a loose object of git. */
export function isLooseObject(path: TreePath): boolean {
  return LOOSE_OBJECT.test(path);
}

/**
 * Returns the content of a loose object. Returns null if the data is no such object, and `too_large` if its content is
 * larger than 128 MiB.
 */
export function inflateObject(data: Buffer): Buffer | null | 'too_large' {
  try {
    return inflateSync(data, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : null;
  }
}
