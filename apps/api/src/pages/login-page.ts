import { type Html, html } from './html.ts';

/** The form that asks for a key; afterwards the browser goes on to `next`. */
export function loginForm(next: string, complaint?: string): Html {
  return html`<p>The dashboards are behind the API keys. The key is sent once; the browser keeps a login of twelve hours in its place.</p>
${complaint !== undefined && html`<p class="bad" role="alert">${complaint}</p>`}
<form method="post" action="/login">
<input type="hidden" name="next" value="${next}">
<label>API key <input type="password" name="key" autocomplete="current-password" required autofocus></label>
<button>Log in</button>
</form>`;
}

/** The address of this server to go on to, or the queue's where it is none. */
export function safeNext(next: unknown): string {
  if (typeof next !== 'string' || !/^\/[\w.~!$&'()*+,;=:@%/?-]*$/.test(next)) return '/queues';
  return next.startsWith('//') ? '/queues' : next;
}
