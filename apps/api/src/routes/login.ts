import { AppError } from '@baton/core/internal';
import rateLimit from '@fastify/rate-limit';
import type { App } from '../app-type.ts';
import type { Keys } from '../auth/auth.ts';
import { callerOfLogin, refuseOtherOrigins } from '../auth/authenticate.ts';
import { clearLoginCookie, readLoginCookie, setLoginCookie } from '../auth/login-cookie.ts';
import { readForms } from '../http/forms.ts';
import { loginForm, safeNext } from '../pages/login-page.ts';
import { sendPage } from '../pages/page.ts';

/**
 * How many times one address may try to log in per minute. A person needs one attempt; a program
 * that guesses keys needs many.
 */
const TRIES = { max: 10, timeWindow: '1 minute' };

/**
 * Serves /login and /logout. A login exchanges an API key for a cookie that does not contain the
 * key.
 */
export async function registerLogin(app: App, keys: Keys): Promise<void> {
  await app.register(async (scope: App) => {
    await scope.register(rateLimit, {
      global: false,
      errorResponseBuilder: () =>
        new AppError('LIMIT_EXCEEDED', 'too many logins from this address; try again in a minute'),
    });
    readForms(scope);

    scope.get('/login', { schema: { hide: true } }, async (request, reply) => {
      const { next } = request.query as { next?: unknown };
      const caller = (await callerOfLogin(request, keys)) ?? undefined;
      return sendPage(reply, { title: 'Log in', caller }, loginForm(safeNext(next)));
    });

    scope.post(
      '/login',
      { schema: { hide: true }, config: { rateLimit: TRIES } },
      async (request, reply) => {
        refuseOtherOrigins(request);
        const { key, next } = (request.body ?? {}) as { key?: unknown; next?: unknown };
        const caller = typeof key === 'string' ? await keys.cache.identify(key.trim()) : null;
        if (!caller?.keyId) {
          const complaint = 'This key is unknown or revoked. Enter another API key.';
          return sendPage(
            reply.code(401),
            { title: 'Log in' },
            loginForm(safeNext(next), complaint),
          );
        }
        setLoginCookie(request, reply, await keys.logins.begin(caller.keyId));
        return reply.redirect(safeNext(next), 303);
      },
    );

    scope.post('/logout', { schema: { hide: true } }, async (request, reply) => {
      refuseOtherOrigins(request);
      const token = readLoginCookie(request);
      if (token) await keys.logins.end(token);
      clearLoginCookie(request, reply);
      return reply.redirect('/login', 303);
    });
  });
}
