import { isIPv4 } from 'node:net';

/** The headers that show which page sent a request, and the host that received it. */
export interface OriginFacts {
  host: string;
  origin: string | undefined;
  secFetchSite: string | string[] | undefined;
}

/**
 * Returns where the page that sent a request came from: this server (`same`) or another server
 * (`other`). Returns `unknown` if no header shows the origin, as in the requests of programs other
 * than browsers. A page cannot set these headers.
 */
export function originOf({
  host,
  origin,
  secFetchSite,
}: OriginFacts): 'same' | 'other' | 'unknown' {
  if (secFetchSite !== undefined) return secFetchSite === 'same-origin' ? 'same' : 'other';
  if (origin === undefined) return 'unknown';
  if (!URL.canParse(origin)) return 'other';
  const { protocol, host: from } = new URL(origin);
  // URL removes the default port, so `host` and `host:443` are equal under https.
  const ownOrigin = `${protocol}//${host}`;
  return URL.canParse(ownOrigin) && new URL(ownOrigin).host === from ? 'same' : 'other';
}

/** Returns true for a loopback host name. An IPv6 address may have brackets. */
export function isLoopback(name: string): boolean {
  const bare = name.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}
