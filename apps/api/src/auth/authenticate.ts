import { AppError } from '@baton/core';
import type { FastifyRequest } from 'fastify';
import type { App } from '../parts.ts';
import { type Access, accessOf, accessRow } from './access.ts';
import { ANYONE, type Caller, NOBODY } from './caller.ts';
import type { KeyRing } from './key-ring.ts';
import { isLoopback, originOf } from './origin.ts';

/** Who may call: holders of keys, or anyone who reaches the loopback address. */
export type Auth = { kind: 'none' } | { kind: 'keys'; ring: KeyRing };

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
  app.addHook('onRequest', async (request) => {
    const { url } = request.routeOptions;
    const access = url === undefined ? 'public' : accessOf(request.method, url);
    request.caller = auth.kind === 'none' ? anyone(request) : await holder(request, access, auth);
    checkScope(request.caller, access);
  });
}

// Whoever else is on this machine may call; a web page that a browser here shows may not.
function anyone(request: FastifyRequest): Caller {
  if (!isLoopback(request.hostname)) {
    throw new AppError('FORBIDDEN', 'expected the Host header to name this machine: localhost');
  }
  if (!READS.includes(request.method) && pageOf(request) === 'other') {
    throw new AppError('FORBIDDEN', 'pages of other origins may not call this');
  }
  return ANYONE;
}

async function holder(
  { headers }: FastifyRequest,
  access: Access,
  { ring }: { ring: KeyRing },
): Promise<Caller> {
  if (access === 'public') return NOBODY;
  const [, text] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  const caller = text === undefined ? null : await ring.identify(text);
  if (caller) return caller;
  throw new AppError(
    'UNAUTHENTICATED',
    headers.authorization === undefined
      ? 'expected an API key: Authorization: Bearer baton_...'
      : 'expected an API key that is known and not revoked',
  );
}

function checkScope({ scopes }: Caller, access: Access): void {
  if (access === 'public' || scopes.includes(access)) return;
  throw new AppError('FORBIDDEN', `expected a key of scope ${access}`, {
    details: { scope: access },
  });
}

function pageOf({ host, headers }: FastifyRequest): ReturnType<typeof originOf> {
  return originOf({ host, origin: headers.origin, secFetchSite: headers['sec-fetch-site'] });
}
