import { LOGIN_LASTS_MS } from '@baton/core/internal';
import type { FastifyReply, FastifyRequest } from 'fastify';

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

// The prefix `__Host-` makes the browser accept the cookie only from this host, and only over TLS.
function cookieName({ protocol }: FastifyRequest): string {
  return protocol === 'https' ? '__Host-baton_login' : 'baton_login';
}

/** Returns the login token that the browser sent, or null. */
export function readLoginCookie(request: FastifyRequest): string | null {
  const name = cookieName(request);
  for (const pair of request.headers.cookie?.split(';') ?? []) {
    const [key, value = ''] = pair.trim().split('=', 2);
    if (key === name && TOKEN.test(value)) return value;
  }
  return null;
}

/** Stores the login token in a browser cookie that scripts and other sites cannot use. */
export function setLoginCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.header('set-cookie', cookie(request, token, LOGIN_LASTS_MS / 1000));
}

/** Removes the login cookie from the browser. */
export function clearLoginCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('set-cookie', cookie(request, '', 0));
}

function cookie(request: FastifyRequest, value: string, maxAgeS: number): string {
  const secure = request.protocol === 'https' ? '; Secure' : '';
  return `${cookieName(request)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}${secure}`;
}
