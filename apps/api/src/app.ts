import { JOB_MAX_BYTES } from '@baton/core/internal';
import { type FastifyBaseLogger, fastify, LogController } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AppDeps } from './app-deps.ts';
import type { App } from './app-type.ts';
import { registerAuth } from './auth/authenticate.ts';
import { registerBodyTime } from './http/body-time.ts';
import { answerClientError, HEADERS_MAX_BYTES } from './http/client-error.ts';
import { registerDrain } from './http/drain-body.ts';
import { keepFilePath } from './http/file-paths.ts';
import { answerError, answerNotFound } from './http/http-error.ts';
import { registerBodies } from './http/json-body.ts';
import { parseParts } from './http/parse-parts.ts';
import { registerSecurityHeaders } from './http/security-headers.ts';
import { registerOpenApi } from './openapi/openapi.ts';
import { registerBulk } from './routes/bulk.ts';
import { registerBulkCancel } from './routes/bulk-cancel.ts';
import { registerContinue } from './routes/continue.ts';
import { registerConversation } from './routes/conversation.ts';
import { registerDeleteConversation } from './routes/delete-conversation.ts';
import { registerDeliveries } from './routes/deliveries.ts';
import { registerDocs } from './routes/docs.ts';
import { registerFavicon } from './routes/favicon.ts';
import { registerFiles } from './routes/files.ts';
import { registerHealth } from './routes/health.ts';
import { registerHome } from './routes/home.ts';
import { registerJwks } from './routes/jwks.ts';
import { registerLaunch } from './routes/launch.ts';
import { registerLimits } from './routes/limits.ts';
import { registerLogin } from './routes/login.ts';
import { registerMessages } from './routes/messages.ts';
import { registerQueues } from './routes/queues.ts';
import { registerRerun } from './routes/rerun.ts';
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
import { registerWorkspaceArchive } from './routes/workspace-archive.ts';
import { registerWorkspaceDiff } from './routes/workspace-diff.ts';
import { registerWorkspaceFile } from './routes/workspace-file.ts';
import { registerWorkspaceFiles } from './routes/workspace-files.ts';
import { createEventStreams } from './streams/event-stream.ts';

/** How long a request's headers may take to arrive, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;
/** How long any request may take to arrive, in milliseconds. Only an upload may take longer than BODY_MAX_MS. */
const REQUEST_TIMEOUT_MS = 3_600_000;
/** How long a handler may take to answer, in milliseconds. */
const HANDLER_TIMEOUT_MS = 10_000;

/**
 * Creates the HTTP app with all routes, ready for `inject` or `listen`. Closing the app does not
 * close the stores in `deps`.
 */
export async function createApp(deps: AppDeps): Promise<App> {
  const loggerInstance: FastifyBaseLogger = deps.log;
  const app: App = fastify({
    loggerInstance,
    logController: new LogController({
      requestIdLogLabel: 'request_id',
      disableRequestLogging: true,
    }),
    trustProxy: deps.trustedProxies?.length ? [...deps.trustedProxies] : false,
    rewriteUrl: ({ url = '/' }) => keepFilePath(url),
    bodyLimit: JOB_MAX_BYTES,
    http: { maxHeaderSize: HEADERS_MAX_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
    requestTimeout: REQUEST_TIMEOUT_MS,
    handlerTimeout: HANDLER_TIMEOUT_MS,
    // While the server stops, Fastify would answer 503 in its own format. With `false`, Fastify
    // still serves requests on open connections.
    return503OnClosing: false,
    frameworkErrors: answerError,
    clientErrorHandler: answerClientError,
  }).withTypeProvider<ZodTypeProvider>();

  registerBodies(app);
  registerBodyTime(app);
  registerDrain(app);
  app.setValidatorCompiler(parseParts);
  // Answers are not validated: a document that a later version wrote must still be readable.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  // While the server stops, a client that keeps sending requests would keep its connection open.
  // The server would then never close.
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
  registerAuth(app, deps.auth);
  await registerOpenApi(app);
  registerLaunch(app, deps);
  registerBulk(app, deps);
  registerContinue(app, deps);
  registerRerun(app, deps);
  registerSessions(app, deps);
  registerStop(app, deps);
  registerBulkCancel(app, deps);
  registerMessages(app, deps);
  const streams = createEventStreams(app, deps.streaming);
  registerSessionEvents(app, deps, streams);
  registerStatusEvents(app, deps, streams);
  registerConversation(app, deps);
  registerTranscript(app, deps);
  registerWorkspaceFiles(app, deps);
  registerWorkspaceFile(app, deps);
  registerWorkspaceDiff(app, deps);
  registerWorkspaceArchive(app, deps);
  registerDeleteConversation(app, deps);
  registerFiles(app, deps);
  registerUsage(app, deps);
  registerLimits(app, deps);
  registerSchedules(app, deps);
  registerWebhooks(app, deps);
  registerDeliveries(app, deps);
  registerSchema(app);
  registerJwks(app, deps);
  registerHealth(app, deps);
  registerHome(app, deps);
  await registerDocs(app);
  registerFavicon(app);
  if (deps.auth.kind === 'keys') await registerLogin(app, deps.auth);
  await registerSessionPages(app, deps);
  await registerQueues(app, deps);
  await app.ready();
  return app;
}
