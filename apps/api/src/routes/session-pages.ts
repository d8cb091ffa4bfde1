import { type Info, idSchema, type SessionStatus, sessionStatusSchema } from '@baton/core/internal';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AppDeps } from '../app-deps.ts';
import type { App } from '../app-type.ts';
import { readForms } from '../http/forms.ts';
import { refuse } from '../http/http-error.ts';
import { cursor, idParams } from '../openapi/responses.ts';
import { html } from '../pages/html.ts';
import { sendPage } from '../pages/page.ts';
import { sessionContent } from '../pages/session-page.ts';
import { sessionsContent, titleOf } from '../pages/sessions-page.ts';

const PAGE = 50;
const CHILDREN = 20;
const MESSAGES = 50;

const listQuery = z.strictObject({ status: sessionStatusSchema.exactOptional(), cursor });

/**
 * Serves the HTML pages: the list of sessions, a page for each session, and the buttons that stop
 * the session.
 */
export async function registerSessionPages(
  app: App,
  { manager, messages, stop }: AppDeps,
): Promise<void> {
  await app.register(async (scope: App) => {
    readForms(scope);
    scope.setErrorHandler(answerErrorPage);

    scope.get(
      '/sessions',
      { schema: { hide: true, querystring: listQuery } },
      async ({ query, caller }, reply) => {
        const page = await manager.listSessions({ ...query, limit: PAGE });
        return sendPage(
          reply,
          { title: titleOfList(query.status), caller },
          sessionsContent(page, query.status),
        );
      },
    );

    scope.get(
      '/sessions/:id',
      { schema: { hide: true, params: idParams } },
      async ({ params, caller }, reply) => {
        const info = await manager.getSessionInfo(params.id, ['config']);
        const { sessions: children } = await manager.listSessions({
          parent_session_id: info.id,
          limit: CHILDREN,
        });
        const { messages: sent } = await messages.listMessages(info.id, { limit: MESSAGES });
        const content = sessionContent(info, {
          messages: sent,
          children,
          mayStop: caller.scopes.includes('write'),
        });
        return sendPage(reply, { title: titleOf(info), caller }, content);
      },
    );

    const stops: Record<string, (id: string) => Promise<Info>> = {
      cancel: stop.cancelSession,
      interrupt: stop.interruptSession,
    };
    for (const [verb, act] of Object.entries(stops)) {
      scope.post(
        `/sessions/:id/${verb}`,
        { schema: { hide: true, params: z.strictObject({ id: idSchema }) } },
        async ({ params }, reply) => {
          await act(params.id);
          return reply.redirect(`/sessions/${params.id}`, 303);
        },
      );
    }
  });
}

function titleOfList(status: SessionStatus | undefined): string {
  return status === undefined ? 'Sessions' : `Sessions, ${status}`;
}

function answerErrorPage(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { code, message } = refuse(error, request, reply);
  sendPage(reply, { title: code, caller: request.caller }, html`<p class="bad">${message}</p>`);
}
