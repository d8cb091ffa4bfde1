import { type Html, html } from './html.ts';

/** The login form. After a login, the browser is redirected to `next`. */
export function loginForm(next: string, complaint?: string): Html {
  return html`<p>The dashboards need an API key. Your browser sends the key once, and then keeps a login for twelve hours instead.</p>
${complaint !== undefined && html`<p class="bad" role="alert">${complaint}</p>`}
<form method="post" action="/login">
<input type="hidden" name="next" value="${next}">
<label>API key <input type="password" name="key" autocomplete="current-password" required autofocus></label>
<button>Log in</button>
</form>`;
}

/** Returns `next` if it is a path of this server; otherwise `/queues`. */
export function safeNext(next: unknown): string {
  if (typeof next !== 'string' || !/^\/[\w.~!$&'()*+,;=:@%/?-]*$/.test(next)) return '/queues';
  return next.startsWith('//') ? '/queues' : next;
}
