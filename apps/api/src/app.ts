import { AppError, JOB_MAX_BYTES, parseInput } from '@baton/core/internal';
import {
  type FastifyBaseLogger,
  type FastifySchemaCompiler,
  fastify,
  LogController,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { App } from './app-type.ts';
import { registerAuth } from './auth/authenticate.ts';
import { answerClientError, HEADERS_MAX_BYTES } from './http/client-error.ts';
import { registerDrain } from './http/drain-body.ts';
import { answerError, answerNotFound } from './http/http-error.ts';
import { registerBodies } from './http/json-body.ts';
import { registerSecurityHeaders } from './http/security-headers.ts';
import { registerOpenApi } from './openapi/openapi.ts';
import type { Parts } from './parts.ts';
import { registerBulk } from './routes/bulk.ts';
import { registerContinue } from './routes/continue.ts';
import { registerConversation } from './routes/conversation.ts';
import { registerDeleteConversation } from './routes/delete-conversation.ts';
import { registerDeliveries } from './routes/deliveries.ts';
import { registerDocs } from './routes/docs.ts';
import { registerFavicon } from './routes/favicon.ts';
import { registerHealth } from './routes/health.ts';
import { registerHome } from './routes/home.ts';
import { registerJwks } from './routes/jwks.ts';
import { registerLaunch } from './routes/launch.ts';
import { registerLimits } from './routes/limits.ts';
import { registerLogin } from './routes/login.ts';
import { registerQueues } from './routes/queues.ts';
import { registerSchedules } from './routes/schedules.ts';
import { registerSchema } from './routes/schema.ts';
import { registerSessionEvents } from './routes/session-events.ts';
import { registerSessionPages } from './routes/session-pages.ts';
import { registerSessions } from './routes/sessions.ts';
import { registerStatusEvents } from './routes/status-events.ts';
import { registerStop } from './routes/stop.ts';
import { registerTranscript } from './routes/transcript.ts';
import { registerUsage } from './routes/usage.ts';
import { registerWebhooks } from './routes/webhooks.ts';
import { createEventStreams } from './streams/event-stream.ts';

/** How long headers and body may take to arrive, and a handler to answer, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const HANDLER_TIMEOUT_MS = 10_000;

const parseParts: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data) => {
    try {
      if (httpPart === 'body' && data === undefined) throw noBody();
      return { value: parseInput(schema, data) };
    } catch (error) {
      return { error: error as Error };
    }
  };

function noBody(): AppError {
  return new AppError('INVALID_REQUEST', 'expected a JSON body, got none', {
    details: { field: '' },
  });
}

/** The HTTP API over open stores: every route, ready for `inject` or `listen`. The stores stay the caller's. */
export async function createApp(parts: Parts): Promise<App> {
  const loggerInstance: FastifyBaseLogger = parts.log;
  const app: App = fastify({
    loggerInstance,
    logController: new LogController({
      requestIdLogLabel: 'request_id',
      disableRequestLogging: true,
    }),
    trustProxy: parts.trustedProxies?.length ? [...parts.trustedProxies] : false,
    bodyLimit: JOB_MAX_BYTES,
    http: { maxHeaderSize: HEADERS_MAX_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
    requestTimeout: REQUEST_TIMEOUT_MS,
    handlerTimeout: HANDLER_TIMEOUT_MS,
    // What arrives on an open connection while we stop is served, in the one shape of answers.
    return503OnClosing: false,
    frameworkErrors: answerError,
    clientErrorHandler: answerClientError,
  }).withTypeProvider<ZodTypeProvider>();

  registerBodies(app);
  registerDrain(app);
  app.setValidatorCompiler(parseParts);
  // Answers are typed, not parsed again: a document of a later version must still be readable.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  // A client that asks again and again would keep its connection, and with it the server, for ever.
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime),
      },
      'request answered',
    );
  });

  registerSecurityHeaders(app);
  registerAuth(app, parts.auth);
  await registerOpenApi(app);
  registerLaunch(app, parts);
  registerBulk(app, parts);
  registerContinue(app, parts);
  registerSessions(app, parts);
  registerStop(app, parts);
  const streams = createEventStreams(app, parts.streaming);
  registerSessionEvents(app, parts, streams);
  registerStatusEvents(app, parts, streams);
  registerConversation(app, parts);
  registerTranscript(app, parts);
  registerDeleteConversation(app, parts);
  registerUsage(app, parts);
  registerLimits(app, parts);
  registerSchedules(app, parts);
  registerWebhooks(app, parts);
  registerDeliveries(app, parts);
  registerSchema(app);
  registerJwks(app, parts);
  registerHealth(app, parts);
  registerHome(app, parts);
  await registerDocs(app);
  registerFavicon(app);
  if (parts.auth.kind === 'keys') await registerLogin(app, parts.auth);
  await registerSessionPages(app, parts);
  await registerQueues(app, parts);
  await app.ready();
  return app;
}
