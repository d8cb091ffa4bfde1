import {
  defined,
  type Info,
  type InfoPage,
  SESSION_STATUSES,
  type SessionStatus,
} from '@baton/core/internal';
import { formatMoney } from './format.ts';
import { type Html, html } from './html.ts';

const TITLE_MAX = 120;

/** Returns the title of a session; without one, the beginning of its prompt. */
export function titleOf({ title, query }: Pick<Info, 'title' | 'query'>): string {
  const line = (title ?? query).replace(/\s+/g, ' ').trim();
  return line.length > TITLE_MAX ? `${line.slice(0, TITLE_MAX - 1)}…` : line;
}

/** A page of the list of sessions, with a link to each session and to the next page. */
export function sessionsContent({ sessions, next_cursor }: InfoPage, status?: SessionStatus): Html {
  const filters = SESSION_STATUSES.map(
    (one) => html`<a href="/sessions?status=${one}">${one}</a> `,
  );
  const next = new URLSearchParams({ ...defined({ status }), cursor: next_cursor ?? '' });
  return html`<p><a href="/sessions">all</a> ${filters}</p>
<table>
<tr><th>Session</th><th>Status</th><th>Cost</th><th>Accepted</th></tr>
${sessions.map(row)}
</table>
${sessions.length === 0 && html`<p>No sessions.</p>`}
${next_cursor !== undefined && html`<p><a href="/sessions?${next.toString()}">Older</a></p>`}`;
}

/** A row of the list of sessions. */
export function row(info: Info): Html {
  return html`<tr><td><a href="/sessions/${info.id}">${titleOf(info)}</a></td><td>${statusOf(info)}</td><td>${formatMoney(info.totals.cost_usd)}</td><td>${info.start_time}</td></tr>`;
}

/** The status of a session, with the failure code if it failed. */
export function statusOf({ status, failure }: Info): Html {
  return html`<span class="status">${status}</span>${failure && html` <span class="bad">${failure.code}</span>`}`;
}
