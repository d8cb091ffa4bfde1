import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { AppError } from '../errors/app-error.ts';

/** A range of addresses. */
export type AddressRange = ReturnType<typeof ipaddr.parseCIDR>;

// A public address at which a cloud serves its own machines (Azure's wire server).
const NEVER: readonly AddressRange[] = [ipaddr.parseCIDR('168.63.129.16/32')];

// All public IPv6 addresses. ipaddr.js names the special ranges inside it.
const PUBLIC_IPV6: AddressRange = ipaddr.parseCIDR('2000::/3');

/** Parses a CIDR range or a single address. Returns null if the text is neither. */
export function parseRange(text: string): AddressRange | null {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (isIP(text) === 0) return null;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function isIn(address: ReturnType<typeof ipaddr.process>, range: AddressRange): boolean {
  return address.kind() === range[0].kind() && address.match(range);
}

/**
 * Returns whether Baton may send a request to this address. Public addresses and the addresses in `allowed` are
 * permitted. Plain http is permitted only to the addresses in `allowed`. IPv4-mapped IPv6 addresses are checked as
 * IPv4.
 */
export function mayConnect(
  address: string,
  protocol: string,
  allowed: readonly AddressRange[],
): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  if (allowed.some((range) => isIn(parsed, range))) return true;
  if (protocol !== 'https:' || NEVER.some((range) => isIn(parsed, range))) return false;
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || isIn(parsed, PUBLIC_IPV6);
}

/**
 * Returns whether a request may go to this host, as far as that shows without DNS. `host` is a name, or an IP address
 * without brackets. The address of a name must be checked before each connection.
 */
export function mayNameHost(
  host: string,
  protocol: string,
  allowed: readonly AddressRange[],
): boolean {
  if (isIP(host) !== 0) return mayConnect(host, protocol, allowed);
  return allowed.length > 0 || (protocol === 'https:' && !/(^|\.)localhost\.?$/.test(host));
}

/**
 * Checks the URL of a webhook as far as possible without DNS. Throws WEBHOOK_URL_NOT_ALLOWED if no request may go
 * there. Each request checks the address of a host name again.
 */
export function checkWebhookUrl(url: string, allowed: readonly AddressRange[]): void {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (mayNameHost(host, protocol, allowed)) return;
  throw new AppError(
    'WEBHOOK_URL_NOT_ALLOWED',
    'url: expected https to a public address, or an address that the operator allows',
    { details: { field: 'url' } },
  );
}
