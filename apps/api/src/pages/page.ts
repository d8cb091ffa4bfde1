import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../auth/caller.ts';
import { type Html, html } from './html.ts';

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --dim: #7778; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 0 1rem 3rem; }
header { display: flex; gap: 1.2rem; align-items: baseline; border-bottom: 1px solid var(--line); padding: .8rem 0; }
header .who { margin-left: auto; opacity: .7; }
h1 { font-size: 1.3rem; overflow-wrap: anywhere; } h2 { font-size: 1rem; margin-top: 1.8rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; white-space: nowrap; } table.facts th { width: 11rem; }
pre { background: #8881; padding: .8rem; overflow: auto; max-height: 30rem; white-space: pre-wrap; overflow-wrap: anywhere; }
form { display: inline; } input { font: inherit; padding: .35rem; width: 100%; box-sizing: border-box; margin: .3rem 0 .8rem; } button { font: inherit; padding: .3rem .9rem; }
.status { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .6rem; } .bad { color: #c33; }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

// The pages run no script. The policy allows their only style sheet by its hash.
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The title of a page, and the caller that the header shows. Without a caller, there is no header.
 */
export interface Frame {
  title: string;
  caller?: Caller | undefined;
}

/** Answers with an HTML page: a header with links and the caller, the title, and the content. */
export function sendPage(
  reply: FastifyReply,
  { title, caller }: Frame,
  content: Html,
): FastifyReply {
  const { html: text } = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · Baton</title><style>${{ html: STYLE }}</style></head>
<body>
${caller && head(caller)}
<h1>${title}</h1>
${content}
</body>
</html>
`;
  return reply
    .header('content-security-policy', POLICY)
    .type('text/html; charset=utf-8')
    .send(text);
}

function head({ keyId, scopes }: Caller): Html {
  const callerLine =
    keyId !== null &&
    html`<span class="who">key ${keyId}, ${scopes.at(-1)} <form method="post" action="/logout"><button>Log out</button></form></span>`;
  return html`<header><a href="/sessions">Sessions</a><a href="/queues">Queue</a><a href="/docs">API</a>${callerLine}</header>`;
}
