// A chat with Claude in the terminal. Each line that you type is a message.
//
//   BATON_URL=http://127.0.0.1:3000 BATON_API_KEY=baton_... node chat.ts
//
// You may type while Claude works: it reads the line with the result of its running tool. A line
// that begins with `!` ends the turn first. `/stop` ends the turn. At the end of the input, the chat
// waits for the last answer.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import {
  BatonError,
  createClient,
  type Event,
  parseLine,
  type SessionHandle,
  textOf,
} from '@baton/client';

const { BATON_URL = 'http://127.0.0.1:3000', BATON_API_KEY } = process.env;
const baton = createClient({ baseUrl: BATON_URL, apiKey: BATON_API_KEY });

let session: SessionHandle | undefined;
let shown = Promise.resolve();

/** Makes `id` the session of the chat, and shows it once the session before it has been shown. */
function join(id: string): void {
  const joined = baton.session(id);
  session = joined;
  shown = shown.then(() => show(joined)).catch(report);
}

/** Prints what happens in a session until it has ended. */
async function show(joined: SessionHandle): Promise<void> {
  for await (const one of joined.events()) if (one.kind === 'event') print(one.event);
  const { failure } = await joined.get();
  if (failure) console.log(`[failed: ${failure.code}] ${failure.message}`);
  for await (const { status, content } of joined.messages()) {
    if (status === 'undelivered') console.log(`[not delivered] ${content}`);
  }
}

function print(event: Event): void {
  const parsed = parseLine(event);
  switch (parsed.kind) {
    case 'prompt':
    case 'message':
      console.log(`you: ${textOf(parsed.line.message)}`);
      break;
    case 'assistant':
      for (const block of parsed.line.message.content) {
        if (block.type === 'text') console.log(`claude: ${block.text}`);
        if (block.type === 'tool_use') console.log(`[${block.name}]`);
      }
      break;
    case 'api_retry':
      console.log(`[the API is busy, attempt ${parsed.line.attempt}]`);
      break;
    case 'result':
      if (parsed.line.is_error) console.log('[the turn ended with an error]');
      break;
    default:
      break;
  }
}

/** Sends a line to the session, to a session that continues it, or to a new session. */
async function say(line: string): Promise<void> {
  // The client repeats a call whose answer is lost. Because of the key, the line is still sent
  // once.
  const idempotencyKey = randomUUID();
  if (!session) {
    join((await baton.launch({ query: line }, { idempotencyKey })).id);
  } else if (line === '/stop') {
    await session.interrupt();
  } else {
    const isUrgent = line.startsWith('!');
    const sent = await session.send(isUrgent ? line.slice(1) : line, {
      priority: isUrgent ? 'now' : 'next',
      on_ended: 'continue',
      idempotencyKey,
    });
    if (sent.status === 'continued') join(sent.session_id);
  }
}

function report(error: unknown): void {
  // Any other error is a bug of this program.
  if (!(error instanceof BatonError)) throw error;
  console.log(`[${error.code}] ${error.message}`);
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== '') await say(line).catch(report);
}
await shown;
