import { AppError } from '@baton/core/internal';
import type { FastifyRequest } from 'fastify';
import type { App } from '../app-type.ts';
import { type Access, accessOf, accessRow } from './access.ts';
import type { Auth, Keys } from './auth.ts';
import { ANYONE, type Caller, NOBODY } from './caller.ts';
import { readLoginCookie } from './login-cookie.ts';
import { isLoopback, originOf } from './origin.ts';

const FORGOTTEN = 'this route is missing from the access table, so it requires scope admin';

const READS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Identifies the caller of every request before the request's body is read. Refuses a request if
 * its caller lacks the scope that the route requires.
 */
export function registerAuth(app: App, auth: Auth): void {
  // The onRequest hook below sets `caller` before anything reads it.
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

/** Returns the caller that the browser is logged in as, or null. Throws while MongoDB is down. */
export async function callerOfLogin(
  request: FastifyRequest,
  { cache, logins }: Keys,
): Promise<Caller | null> {
  const token = readLoginCookie(request);
  const keyId = token && (await logins.findKeyId(token));
  return keyId ? cache.recall(keyId) : null;
}

/** Throws FORBIDDEN if the request comes from a web page of another origin. */
export function refuseOtherOrigins(request: FastifyRequest): void {
  if (pageOf(request) === 'other') throw foreignPage();
}

// Any program on this machine may call the API. A web page of another origin may not, although its
// browser runs on this machine.
function localCaller(request: FastifyRequest): Caller {
  if (!isLoopback(request.hostname)) {
    throw new AppError(
      'FORBIDDEN',
      'expected a Host header that names this machine, such as localhost',
    );
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
  // A browser adds the cookie to every request, even to a request that a foreign page made. So a
  // request that changes something must come from a page of this server.
  if (caller && !READS.includes(request.method) && pageOf(request) !== 'same') throw foreignPage();
  return caller;
}

function checkScope({ scopes }: Caller, access: Access): void {
  if (access === 'public' || scopes.includes(access)) return;
  throw new AppError('FORBIDDEN', `expected an API key with scope ${access}`, {
    details: { scope: access },
  });
}

function unauthenticated({ headers }: FastifyRequest): AppError {
  return new AppError(
    'UNAUTHENTICATED',
    headers.authorization === undefined
      ? 'expected an API key in the header Authorization: Bearer baton_...'
      : 'the API key is unknown or revoked; send another one',
  );
}

function foreignPage(): AppError {
  return new AppError('FORBIDDEN', 'expected a page of this server, got a page of another origin');
}

// A person in a browser is redirected to the login page; a program gets the error.
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
