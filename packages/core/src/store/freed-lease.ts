/**
 * The `$unset` that frees the lease of a session. The fence stays, because the next claim counts on
 * from it.
 */
export const FREED_LEASE = {
  'lease.owner': '',
  'lease.expires_at': '',
  'lease.takes_messages': '',
  'lease.takes_content': '',
} as const;
