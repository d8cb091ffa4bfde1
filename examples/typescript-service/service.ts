// A service that answers questions. It reads JSON lines {"id", "text", "follow_up"?}, and prints
// one JSON line for each.
//
//   BATON_URL=http://127.0.0.1:3000 BATON_API_KEY=baton_... node service.ts < questions.jsonl
//
// If the service is killed and started again with the same questions, it launches no session twice.
import { createInterface } from 'node:readline';
import { BatonError, createClient, type Info } from '@baton/client';

interface Question {
  id: string;
  text: string;
  follow_up?: string;
}

const { BATON_URL = 'http://127.0.0.1:3000', BATON_API_KEY } = process.env;
const baton = createClient({ baseUrl: BATON_URL, apiKey: BATON_API_KEY });

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new Error('stopped by SIGTERM')));
const { signal } = stop;

/**
 * Launches the session of a question, unless the session exists, and returns the session after it
 * has ended.
 */
async function ask({ id, text }: Question): Promise<Info> {
  const { id: session } = await baton.launch(
    { query: text, tags: ['questions'], metadata: { question: id } },
    { idempotencyKey: `question:${id}`, signal },
  );
  return follow(session);
}

/**
 * Continues the conversation with the follow-up question, and returns the new session after it has
 * ended.
 */
async function askOn({ id, follow_up = '' }: Question, parent: Info): Promise<Info> {
  const { id: session } = await baton.continue(
    parent.id,
    { query: follow_up },
    { idempotencyKey: `follow-up:${id}`, signal },
  );
  return follow(session);
}

/** Logs the events of a session to standard error, and returns the session after it has ended. */
async function follow(session: string): Promise<Info> {
  for await (const one of baton.events(session, { signal })) {
    if (one.kind === 'event') console.error(`${session} ${one.id} ${one.event.type}`);
  }
  return baton.get(session, { signal });
}

async function answer(question: Question): Promise<object> {
  try {
    const first = await ask(question);
    const isAnswered = first.status === 'completed';
    const sessions = [first];
    if (isAnswered && question.follow_up) sessions.push(await askOn(question, first));
    return {
      id: question.id,
      sessions: sessions.map(({ id, status, result, failure }) => ({
        id,
        status,
        answer: result?.result,
        failure: failure?.code,
      })),
      cost_usd: sessions.reduce((sum, { totals }) => sum + totals.cost_usd, 0),
    };
  } catch (error) {
    // Any other error is a bug of this program, or means that SIGTERM stopped it.
    if (!(error instanceof BatonError)) throw error;
    return { id: question.id, error: { code: error.code, message: error.message } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== '') console.log(JSON.stringify(await answer(JSON.parse(line))));
}
