// Compares a message that is sent through the API with the same line written to the CLI's stdin by
// hand. Both CLIs are idle at that time: they wait for a background command.
import { isTerminal, type Mongo } from '@baton/core/internal';
import { startMessagesApi } from '../test/support/messages-api/messages-api.ts';
import { text, toolUse } from '../test/support/messages-api/reply.ts';
import { startApi } from './http/servers.ts';
import { addedMeasure, type Measure, median } from './measure.ts';
import { startOwnClaude } from './own-claude.ts';
import { CLAUDE } from './real-cli.ts';
import { createRig, type Rig, type Urls } from './rig.ts';

const ROUNDS = 25;
const WARM_UPS = 3;
const POLL_MS = 20;
const QUERY = 'Begin the work.';

/** Returns the text of the answer to a message. */
const answerTo = (content: string) => `answered ${content}`;

/**
 * Sends messages alternately through the API and by hand, and compares the medians of the times
 * until the request to the model that carries the message arrives.
 */
export async function benchMessage(mongo: Mongo, urls: Urls): Promise<Measure> {
  const arrivals = createArrivals();
  const model = await startMessagesApi({
    script({ prompt, toolResults }) {
      arrivals.arrived(prompt);
      if (prompt !== QUERY) return text(answerTo(prompt));
      if (toolResults.length > 0) return text(answerTo(QUERY));
      return toolUse('Bash', { command: 'sleep 3600', run_in_background: true });
    },
  });
  const credentials = { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'scripted' };
  const rig = await createRig(mongo, urls);
  const api = await startApi(urls, rig.prefix);
  await rig.worker({ ...credentials, CLAUDE_BIN: CLAUDE });
  const session = await startSession(rig, api.url);
  const byHand = await startOwnClaude(credentials, QUERY, answerTo(QUERY));

  const times = { ours: [] as number[], byHand: [] as number[] };
  for (let round = 1; round <= WARM_UPS + ROUNDS; round += 1) {
    for (const [side, target] of [
      ['ours', session],
      ['byHand', byHand],
    ] as const) {
      const content = `Message ${round} ${side}.`;
      const arrival = arrivals.of(content);
      const start = performance.now();
      await target.send(content);
      const took = (await arrival) - start;
      if (round > WARM_UPS) times[side].push(took);
      await target.untilAnswered(answerTo(content));
    }
  }
  await session.end();
  await byHand.end();
  await api.stop();
  await rig.close();
  await model.stop();
  return addedMeasure('message to the model’s request, median', 'ms', {
    ours: median(times.ours),
    byHand: median(times.byHand),
    most: 40,
  });
}

/** Remembers when each request to the model arrived, by the message that it carries. */
function createArrivals() {
  const waiting = new Map<string, (at: number) => void>();
  return {
    /**
     * Resolves to the time of the first request that ends with this message. Call it before the
     * message is sent.
     */
    of: (content: string) => new Promise<number>((resolve) => waiting.set(content, resolve)),
    arrived(content: string): void {
      waiting.get(content)?.(performance.now());
      waiting.delete(content);
    },
  };
}

/** Starts a session whose CLI has answered and waits for a background command. */
async function startSession({ baton, until }: Rig, apiUrl: string) {
  const { id } = await baton.manager.launchSession({ query: QUERY, allowed_tools: ['Bash'] });
  const { sessions, events } = baton.stores;
  let seen = 0;

  async function untilAnswered(answer: string): Promise<void> {
    for (;;) {
      const session = await sessions.get(id);
      if (session && isTerminal(session.status)) {
        throw new Error(`expected session ${id} to run, it is ${session.status}: ${session.error}`);
      }
      const upTo = session?.last_event_seq ?? 0;
      const page = await events.page({ sessionId: id, after: seen, upTo, limit: 100 });
      seen = page.at(-1)?.seq ?? seen;
      if (page.some(({ type, raw }) => type === 'result' && raw.includes(answer))) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  await untilAnswered(answerTo(QUERY));
  return {
    async send(content: string): Promise<void> {
      const response = await fetch(`${apiUrl}/v1/sessions/${id}/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content }),
      });
      if (response.status !== 202) throw new Error(`expected 202, got ${response.status}`);
      await response.text();
    },
    untilAnswered,
    async end(): Promise<void> {
      await baton.stop.cancelSession(id);
      await until([id], ({ status }) => isTerminal(status));
    },
  };
}
