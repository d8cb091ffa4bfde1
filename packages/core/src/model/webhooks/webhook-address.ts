import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { AppError } from '../errors/app-error.ts';

/** A range of addresses. */
export type AddressRange = ReturnType<typeof ipaddr.parseCIDR>;

// Public by its number, and yet a cloud's own service to its machines (Azure's wire server).
const NEVER: readonly AddressRange[] = [ipaddr.parseCIDR('168.63.129.16/32')];

// All of IPv6 that is routed in public; what is special inside it, the ranges of ipaddr.js name.
const PUBLIC_IPV6: AddressRange = ipaddr.parseCIDR('2000::/3');

/** The range that a text names: CIDR, or one address. Null where it names none. */
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
 * Says whether a request may go to this address: to a public one, or to one in `allowed`; over plain
 * http only to the latter. IPv4 in the clothes of IPv6 is judged as IPv4.
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
 * Refuses a webhook's address where it can be known without asking DNS that no request may go there:
 * WEBHOOK_URL_NOT_ALLOWED. The address that a name resolves to is judged at each request.
 */
export function checkWebhookUrl(url: string, allowed: readonly AddressRange[]): void {
  const { protocol, hostname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const isLiteral = isIP(host) !== 0;
  const isFine = isLiteral
    ? mayConnect(host, protocol, allowed)
    : allowed.length > 0 || (protocol === 'https:' && !/(^|\.)localhost\.?$/.test(host));
  if (isFine) return;
  throw new AppError(
    'WEBHOOK_URL_NOT_ALLOWED',
    'url: expected https to a public address, or one that the operator allows',
    { details: { field: 'url' } },
  );
}
