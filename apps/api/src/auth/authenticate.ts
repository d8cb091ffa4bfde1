import { AppError } from '@baton/core/internal';
import type { FastifyRequest } from 'fastify';
import type { App } from '../app-type.ts';
import { type Access, accessOf, accessRow } from './access.ts';
import type { Auth, Keys } from './auth.ts';
import { ANYONE, type Caller, NOBODY } from './caller.ts';
import { readLoginCookie } from './login-cookie.ts';
import { isLoopback, originOf } from './origin.ts';

const FORGOTTEN = 'no row of the access table speaks of this route: only admins may call it';

const READS = ['GET', 'HEAD', 'OPTIONS'];

/** Knows the caller of every request before its body is read, and refuses what its scopes do not cover. */
export function registerAuth(app: App, auth: Auth): void {
  // Set by the hook below, before anything reads it.
  app.decorateRequest('caller', null as never);
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) {
      if (!accessRow(one, url)) app.log.error({ route: `${one} ${url}` }, FORGOTTEN);
    }
  });
  app.addHook('onRequest', async (request, reply) => {
    const { url } = request.routeOptions;
    const access = url === undefined ? 'public' : accessOf(request.method, url);
    const caller =
      auth.kind === 'none' ? localCaller(request) : await keyHolder(request, access, auth);
    request.caller = caller ?? NOBODY;
    if (access === 'public') return;
    if (!caller) {
      if (!isBrowsing(request)) throw unauthenticated(request);
      return reply.redirect(`/login?next=${encodeURIComponent(request.url)}`, 303);
    }
    checkScope(caller, access);
  });
}

/** The caller that the browser is logged in as, or null. Throws UNAVAILABLE while MongoDB is away. */
export async function callerOfLogin(
  request: FastifyRequest,
  { cache, logins }: Keys,
): Promise<Caller | null> {
  const token = readLoginCookie(request);
  const keyId = token && (await logins.findKeyId(token));
  return keyId ? cache.recall(keyId) : null;
}

/** Refuses what a browser sends for a page of another origin; FORBIDDEN. */
export function refuseOtherOrigins(request: FastifyRequest): void {
  if (pageOf(request) === 'other') throw foreignPage();
}

// Whoever else is on this machine may call; a web page that a browser here shows may not.
function localCaller(request: FastifyRequest): Caller {
  if (!isLoopback(request.hostname)) {
    throw new AppError('FORBIDDEN', 'expected the Host header to name this machine: localhost');
  }
  if (!READS.includes(request.method)) refuseOtherOrigins(request);
  return ANYONE;
}

async function keyHolder(
  request: FastifyRequest,
  access: Access,
  keys: Keys,
): Promise<Caller | null> {
  if (access === 'public') return null;
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [, text] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
    return text === undefined ? null : keys.cache.identify(text);
  }
  const caller = await callerOfLogin(request, keys);
  // A browser adds its cookie by itself, whoever made it ask: what changes something must come from a page of ours.
  if (caller && !READS.includes(request.method) && pageOf(request) !== 'same') throw foreignPage();
  return caller;
}

function checkScope({ scopes }: Caller, access: Access): void {
  if (access === 'public' || scopes.includes(access)) return;
  throw new AppError('FORBIDDEN', `expected a key of scope ${access}`, {
    details: { scope: access },
  });
}

function unauthenticated({ headers }: FastifyRequest): AppError {
  return new AppError(
    'UNAUTHENTICATED',
    headers.authorization === undefined
      ? 'expected an API key: Authorization: Bearer baton_...'
      : 'expected an API key that is known and not revoked',
  );
}

function foreignPage(): AppError {
  return new AppError('FORBIDDEN', 'pages of other origins may not call this');
}

// A person who asks for a page, and can log in; a program wants the code.
function isBrowsing({ method, headers }: FastifyRequest): boolean {
  return (
    method === 'GET' &&
    headers.authorization === undefined &&
    (headers.accept ?? '').includes('text/html')
  );
}

function pageOf({ host, headers }: FastifyRequest): ReturnType<typeof originOf> {
  return originOf({ host, origin: headers.origin, secFetchSite: headers['sec-fetch-site'] });
}
