import { type Info, isTerminal, type MessageView, redactNamed } from '@baton/core/internal';
import { formatMoney } from './format.ts';
import { type Html, html } from './html.ts';
import { row, statusOf } from './sessions-page.ts';

/** What the page of a session shows besides the session. */
export interface Around {
  /** The first messages to the session, oldest first. */
  messages: readonly MessageView[];
  /** The newest sessions that continue this session. */
  children: readonly Info[];
  /** Whether the caller may stop the session. */
  mayStop: boolean;
}

/**
 * The page of one session: its prompt, messages, status, answer and cost, with links to its job,
 * its events and its conversation.
 */
export function sessionContent(info: Info, { messages, children, mayStop }: Around): Html {
  const { id, parent_session_id: parent, conversation_key: key, failure, totals } = info;
  const api = `/v1/sessions/${id}`;
  return html`<p>${statusOf(info)} ${!isTerminal(info.status) && mayStop && stops(id)}</p>
<p><a href="/queues/queue/sessions/${id}">Job</a> · <a href="${api}?include=config">JSON</a> · <a href="${api}/events">Events</a> · <a href="${api}/conversation">Conversation</a></p>
<table class="facts">
${fact('Id', id)}
${fact('Cost', `${formatMoney(totals.cost_usd)}, ${totals.num_turns} turns`)}
${fact('Model', info.model)}
${fact('Accepted', info.start_time)}
${fact('Started', info.started_at)}
${fact('Ended', info.end_time)}
${fact('Attempts', info.attempt)}
${fact('Worker', info.worker_id)}
${fact('Waiting for', info.waiting_for)}
${fact('Not before', info.not_before)}
${fact('Tags', info.tags?.join(', '))}
${fact('Conversation key', key && html`<a href="/v1/sessions?${new URLSearchParams({ conversation_key: key }).toString()}">${key}</a>`)}
${fact('Continues', parent && html`<a href="/sessions/${parent}">${parent}</a>`)}
${failure && fact('Failure', `${failure.code}: ${failure.message}`)}
</table>
${block('Prompt', info.query)}
${messages.map(({ status, content }) => block(`Message, ${status}`, content))}
${block('Answer', info.result?.result)}
${block('Config', json(info.config))}
${block('Metadata', json(redactNamed(info.metadata)))}
${children.length > 0 && html`<h2>Continued by</h2><table>${children.map(row)}</table>`}`;
}

function stops(id: string): Html {
  return html`<form method="post" action="/sessions/${id}/interrupt"><button>End the turn</button></form> <form method="post" action="/sessions/${id}/cancel"><button>Cancel</button></form>`;
}

function fact(name: string, value: Html | string | number | undefined): Html | undefined {
  return value === undefined ? undefined : html`<tr><th>${name}</th><td>${value}</td></tr>`;
}

function block(name: string, text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<h2>${name}</h2><pre>${text}</pre>`;
}

function json(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value, null, 2);
}
