import { isIPv4 } from 'node:net';

/** The headers that tell where a request comes from; `host` is the one it was sent to. */
export interface OriginFacts {
  host: string;
  origin: string | undefined;
  secFetchSite: string | string[] | undefined;
}

/**
 * Where the page that sent a request comes from: this server, another, or `untold`, as by programs that
 * are no browsers. Browsers do not let a page write these headers.
 */
export function originOf({ host, origin, secFetchSite }: OriginFacts): 'same' | 'other' | 'untold' {
  if (secFetchSite !== undefined) return secFetchSite === 'same-origin' ? 'same' : 'other';
  if (origin === undefined) return 'untold';
  if (!URL.canParse(origin)) return 'other';
  const { protocol, host: from } = new URL(origin);
  // Read as an address too, so that a default port that one of the two names makes no difference.
  const ownOrigin = `${protocol}//${host}`;
  return URL.canParse(ownOrigin) && new URL(ownOrigin).host === from ? 'same' : 'other';
}

/** Says whether a host name (an IPv6 address bare or in brackets) is this machine's loopback. */
export function isLoopback(name: string): boolean {
  const bare = name.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}
