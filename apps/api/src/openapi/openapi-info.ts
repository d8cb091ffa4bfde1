// The introduction of the OpenAPI document: how to begin, and the rules that all operations share.

const DESCRIPTION = `
Baton runs Claude Code sessions on a fleet of workers. You launch a session with a prompt, read its events while it
runs, and continue it after it has ended.

## Begin

If the API asks for keys, send your key as a bearer token with each call. An operator creates a key with
\`npm run keys -- create --name me --scope write\`. \`npm start\` starts an API that only its own machine can call: it
asks for no key.

\`\`\`sh
export BATON=http://127.0.0.1:3000
curl -s $BATON/v1/sessions \\
  -H "authorization: Bearer $KEY" \\
  -H 'content-type: application/json' \\
  -d '{"query": "Name three colours."}'
\`\`\`

The answer is the session, with its \`id\`. Follow its events, then read its \`result\`:

\`\`\`sh
curl -N $BATON/v1/sessions/$ID/events \\
  -H "authorization: Bearer $KEY" \\
  -H 'accept: text/event-stream'
curl -s $BATON/v1/sessions/$ID \\
  -H "authorization: Bearer $KEY"
\`\`\`

A session is first \`queued\`, then \`starting\`, then \`running\`. It ends as \`completed\`, \`failed\` or \`cancelled\`, and
does not change after that.

## Scopes

A key with scope \`read\` can only read. A key with scope \`write\` can also launch, continue and stop sessions, send them
messages, and manage schedules. A key with scope \`admin\` can do everything.

## Errors

Every error answer has the same body: \`{"error": {"code", "message", "details"}}\`. Switch on \`code\`; messages are for
people and may change. If one field is wrong, \`details.field\` names it. Each operation lists its error codes, with an
example of each. The header \`retry-after\` of a 429 or 503 says after how many seconds to repeat the request.

A *failed session* is not a failed request. Its \`failure.code\` says why the session failed, and \`failure.retryable\`
whether another try can succeed.

## Repeating a request

Send the header \`idempotency-key\` with each request that creates a session or sends a message. If you repeat the request
with the same key and the same body, you get the same session or message, and the answer has the header
\`idempotency-replayed: true\`. A request with the same key and another body is refused (\`IDEMPOTENCY_CONFLICT\`).

## Lists

If there are more items, a page has a \`next_cursor\`. Send it as \`cursor\` to get the next page.

## New keys

Later versions may add keys to an answer. Ignore keys that you do not know.
`.trim();

/** The title, version and introduction of the document. */
export const INFO = { title: 'Baton', version: '1', description: DESCRIPTION };

/** The address of the API: the server that served the document. */
export const SERVERS = [{ url: '/' }];

/** The groups of operations, in the order in which the reference page shows them. */
export const TAGS = [
  {
    name: 'sessions',
    'x-displayName': 'Sessions',
    description: 'Launch, continue, list and stop sessions.',
  },
  {
    name: 'messages',
    'x-displayName': 'Messages',
    description: 'Talk to a session while it works.',
  },
  {
    name: 'events',
    'x-displayName': 'Events',
    description: 'Read what sessions do: as a live stream, page by page, or as a transcript.',
  },
  {
    name: 'workspaces',
    'x-displayName': 'Workspaces',
    description: "Take a session's work out: its files, what it changed, and an archive.",
  },
  {
    name: 'files',
    'x-displayName': 'Files',
    description: 'Upload files that sessions find in their directory.',
  },
  { name: 'schedules', 'x-displayName': 'Schedules', description: 'Launch sessions at set times.' },
  {
    name: 'webhooks',
    'x-displayName': 'Webhooks',
    description:
      'Get a request from Baton when the status of a session changes, or when a message to it is delivered or stays undelivered.',
  },
  { name: 'usage', 'x-displayName': 'Usage', description: 'The cost and usage of sessions.' },
  {
    name: 'limits',
    'x-displayName': 'Limits',
    description: 'Limit what all sessions of an API key or of a tag may use together.',
  },
  {
    name: 'operations',
    'x-displayName': 'Operations',
    description: 'Health checks, JSON Schemas, and the public keys for sealing secrets.',
  },
];
