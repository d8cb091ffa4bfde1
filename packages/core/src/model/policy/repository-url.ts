// Addresses of git repositories: how they are read, and which of them a policy allows.
import { type AddressRange, mayNameHost } from '../webhooks/webhook-address.ts';
import type { Allowed } from './policy.ts';

/** The parts of a repository's URL. */
export interface RepositoryAddress {
  protocol: 'https:' | 'ssh:';
  /** The user of an ssh address. Never set for https. */
  user?: string;
  /** The host name in lower case, or an IP address without brackets. */
  host: string;
  port: number;
  /** The whole address in one form: `git@host:path` reads `ssh://git@host/path`. A default port is left out. */
  canonical: string;
}

/** What of a policy decides about repositories. */
export interface RepositoryPolicy {
  /** Patterns of URLs, in which `*` stands for any characters; or `any`. */
  gitUrls: Allowed;
  /** Addresses that git may reach although they are not public. */
  gitAddresses: readonly AddressRange[];
}

const DEFAULT_PORTS = { 'https:': 443, 'ssh:': 22 };
const SCP_LIKE = /^([A-Za-z0-9._-]+)@([A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/)(.+)$/;
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9.])?|\[[0-9a-f:.]+\])$/;
const USER = /^[A-Za-z0-9._][A-Za-z0-9._-]*$/;

/**
 * Reads the URL of a repository. Returns null if Baton does not use it: another protocol than https and ssh, a password,
 * a user of https, a query, a path with `..`, or a part that a program could read as an option.
 */
export function parseRepositoryUrl(url: string): RepositoryAddress | null {
  const scp = SCP_LIKE.exec(url);
  const [, user, host, path = ''] = scp ?? [];
  const text = scp ? `ssh://${user}@${host}/${path.replace(/^\//, '')}` : url;
  if (!/^(?:https|ssh):\/\/[^/\\]/i.test(text) || /[\s\\?#]/.test(text)) return null;
  if (!URL.canParse(text)) return null;
  const parsed = new URL(text);
  return isUsable(parsed, text) ? toAddress(parsed) : null;
}

function isUsable({ protocol, username, password, hostname }: URL, text: string): boolean {
  if (password !== '' || /^[a-z]+:\/\/[^/]*:[^/]*@/i.test(text)) return false;
  if (protocol === 'https:' ? username !== '' : username !== '' && !USER.test(username))
    return false;
  return HOST.test(hostname.toLowerCase()) && hasPlainPath(text);
}

// Servers and HTTP libraries resolve `..` before a repository is found, and a pattern must not be left that way.
function hasPlainPath(text: string): boolean {
  const path = text.replace(/^[a-z]+:\/\/[^/]*/i, '');
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return false;
  }
  const isPlain = !/[\\\p{Cc}]/u.test(decoded) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(decoded);
  return isPlain && /[^/]/.test(decoded) && !/^\/-/.test(decoded);
}

function toAddress({ protocol, username, hostname, port, pathname }: URL): RepositoryAddress {
  const kind = protocol === 'https:' ? 'https:' : 'ssh:';
  const host = hostname.toLowerCase();
  const number = port === '' ? DEFAULT_PORTS[kind] : Number(port);
  const shownPort = number === DEFAULT_PORTS[kind] ? '' : `:${number}`;
  const at = username === '' ? '' : `${username}@`;
  return {
    protocol: kind,
    ...(username === '' ? null : { user: username }),
    host: host.replace(/^\[|\]$/g, ''),
    port: number,
    canonical: `${kind}//${at}${host}${shownPort}${pathname}`,
  };
}

/** Returns whether two URLs name the same repository on the same server, for the same user. */
export function isSameRepository(one: string, other: string): boolean {
  const [a, b] = [one, other].map(parseRepositoryUrl);
  return a && b ? a.canonical === b.canonical : one === other;
}

/**
 * Returns why a repository may not be used, as the end of an error message, or null. Looks at the text only: the
 * addresses of a host name are checked before each connection. The text never repeats the URL, which may hold a secret.
 */
export function findRepositoryRefusal(url: string, policy: RepositoryPolicy): string | null {
  const address = parseRepositoryUrl(url);
  if (address === null) {
    return 'expected https or ssh without a password, a query or .. in the path; a user name and secrets belong into workspace.credentials';
  }
  if (!isAllowed(address.canonical, policy.gitUrls)) {
    return 'expected a repository that the operator allows (ALLOWED_GIT_URLS)';
  }
  if (!mayNameHost(address.host, 'https:', policy.gitAddresses)) {
    return 'expected a host with a public address, or an address that the operator allows (GIT_ALLOWED_ADDRESSES)';
  }
  return null;
}

function isAllowed(canonical: string, allowed: Allowed): boolean {
  return allowed === 'any' || allowed.some((pattern) => toRegExp(pattern).test(canonical));
}

// In the host, `*` stops at the next slash, so that no path can look like a host.
function toRegExp(pattern: string): RegExp {
  const [, origin = '', path = ''] = /^([a-z]+:\/\/[^/]*)(.*)$/i.exec(pattern) ?? [];
  const part = (text: string, any: string) =>
    text
      .split('*')
      .map((one) => one.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join(any);
  return new RegExp(`^${part(origin.toLowerCase(), '[^/@]*')}${part(path, '.*')}$`);
}

/** Returns whether a text is a pattern that ALLOWED_GIT_URLS may hold. */
export function isRepositoryPattern(text: string): boolean {
  return /^(?:https|ssh):\/\/[^/\s]+\/\S*$/i.test(text);
}
