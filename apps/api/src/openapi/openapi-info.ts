// What the document says before any operation: how to begin, and what holds for all of them.

const DESCRIPTION = `
Baton runs Claude Code sessions on a fleet of workers. You launch a session with a prompt, read it while it runs, and
continue it once it has ended.

## Begin

Where the API asks for keys, send yours as a bearer token with each call. An operator makes one by
\`npm run keys -- create --name me --scope write\`. An API for its own machine alone, as \`npm start\` brings it up, asks for none.

\`\`\`sh
export BATON=http://127.0.0.1:3000
curl -s $BATON/v1/sessions \\
  -H "authorization: Bearer $KEY" \\
  -H 'content-type: application/json' \\
  -d '{"query": "Name three colours."}'
\`\`\`

The answer is the session, with its \`id\`. Watch what it does, then read its \`result\`:

\`\`\`sh
curl -N $BATON/v1/sessions/$ID/events \\
  -H "authorization: Bearer $KEY" \\
  -H 'accept: text/event-stream'
curl -s $BATON/v1/sessions/$ID \\
  -H "authorization: Bearer $KEY"
\`\`\`

A session is \`queued\`, \`starting\`, \`running\`, and at last \`completed\`, \`failed\` or \`cancelled\`; then it changes no more.

## Scopes

A key of scope \`read\` reads. \`write\` also launches, continues and stops sessions, and keeps schedules. \`admin\` may do everything.

## Errors

Every failure has the same body: \`{"error": {"code", "message", "details"}}\`. Switch on \`code\`; messages are for people and
may change. Where one field is wrong, \`details.field\` names it. Each operation lists its codes, with an example of each.
After 429 and 503, \`retry-after\` says in how many seconds to ask again.

A session that *fails* is no failed call: its \`failure.code\` says why, and \`failure.retryable\` whether it is worth another try.

## Asking twice

Send \`idempotency-key\` with what makes a session. The same key with the same body gives the same session, and the answer
says \`idempotency-replayed: true\`; with another body it is refused (\`IDEMPOTENCY_CONFLICT\`).

## Lists

A page tells \`next_cursor\` where there is more; send it as \`cursor\`. Answers may get new keys: ignore those you do not know.
`.trim();

/** What the document is called, and how its reader begins. */
export const INFO = { title: 'Baton', version: '1', description: DESCRIPTION };

/** Where calls go: to the server that gave the document. */
export const SERVERS = [{ url: '/' }];

/** What operations are about, in the order in which a reader meets them. */
export const TAGS = [
  {
    name: 'sessions',
    'x-displayName': 'Sessions',
    description: 'Launch, continue, list and stop sessions.',
  },
  {
    name: 'events',
    'x-displayName': 'Events',
    description: 'What sessions do and did: live, page by page, or as the transcript.',
  },
  { name: 'schedules', 'x-displayName': 'Schedules', description: 'Launch sessions by the clock.' },
  {
    name: 'webhooks',
    'x-displayName': 'Webhooks',
    description: 'Be told of what becomes of sessions.',
  },
  { name: 'usage', 'x-displayName': 'Usage', description: 'What sessions spent.' },
  {
    name: 'limits',
    'x-displayName': 'Limits',
    description: 'What the sessions of an API key or of a tag may do together.',
  },
  {
    name: 'operations',
    'x-displayName': 'Operations',
    description: 'Health, schemas, and keys to seal secrets to.',
  },
];
