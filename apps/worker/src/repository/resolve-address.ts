// Looks up the address of a git server, and lets git connect only where Baton may.
import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import {
  AppError,
  mayConnect,
  type RepositoryAddress,
  type RepositoryPolicy,
} from '@baton/core/internal';

/** Resolves a host name to its addresses. */
export type Lookup = (host: string) => Promise<readonly string[]>;

const REFUSED =
  'the host has no public address, and none that the operator allows (GIT_ALLOWED_ADDRESSES)';

async function lookupAll(host: string): Promise<readonly string[]> {
  return (await dnsLookup(host, { all: true })).map(({ address }) => address);
}

/**
 * Returns the addresses of a repository's server to which Baton may connect. Throws REPOSITORY_NOT_ALLOWED if there is
 * none, and REPOSITORY_UNAVAILABLE if the name has no address now.
 *
 * @param field The field of the config that names the repository.
 */
export async function resolveAddress(
  { host }: Pick<RepositoryAddress, 'host'>,
  { gitAddresses }: Pick<RepositoryPolicy, 'gitAddresses'>,
  field: string,
  lookup: Lookup = lookupAll,
): Promise<[string, ...string[]]> {
  const all = isIP(host) === 0 ? await find(host, field, lookup) : [host];
  const [first, ...rest] = all.filter((one) => mayConnect(one, 'https:', gitAddresses));
  if (first !== undefined) return [first, ...rest];
  throw new AppError('REPOSITORY_NOT_ALLOWED', `${field}: ${REFUSED}`, { details: { field } });
}

async function find(host: string, field: string, lookup: Lookup): Promise<readonly string[]> {
  try {
    return await lookup(host);
  } catch (cause) {
    throw new AppError('REPOSITORY_UNAVAILABLE', `${field}: the name of the host was not found`, {
      details: { field },
      cause,
    });
  }
}
