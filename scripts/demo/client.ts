import {
  defined,
  type EventView,
  eventViewSchema,
  type Info,
  infoSchema,
  type MessageView,
  messageViewSchema,
  type SentMessage,
  sentMessageSchema,
} from '@baton/core/internal';
import { z } from 'zod';

const messagePage = z.object({ messages: z.array(messageViewSchema) });
const eventPage = z.object({ events: z.array(eventViewSchema), next_after: z.int() });

/** The API calls of the demo and of the test of mixed versions. A call that the API refuses throws an error with the API's answer. */
export type Client = {
  readonly launch: (body: object) => Promise<Info>;
  readonly continueSession: (id: string, body: object) => Promise<Info>;
  readonly info: (id: string) => Promise<Info>;
  readonly events: (
    id: string,
    after: number,
  ) => Promise<{ events: EventView[]; next_after: number }>;
  readonly sendMessage: (id: string, body: object) => Promise<SentMessage>;
  /** Resolves with the saved transcript, or with an empty text if none is saved yet. */
  readonly transcript: (id: string) => Promise<string>;
  readonly messages: (id: string) => Promise<{ messages: MessageView[] }>;
  /** Resolves with what the session changed, as unified text, or with an empty text if no files are captured yet. */
  readonly diff: (id: string) => Promise<string>;
};

/** Creates a client of the API at this URL. `signal` aborts its calls. */
export function createClient(api: string, signal?: AbortSignal): Client {
  async function call<T>(schema: z.ZodType<T>, path: string, body?: object): Promise<T> {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const response = await fetch(new URL(path, api), {
      ...(body && init),
      ...defined({ signal }),
    });
    if (response.ok) return schema.parse(await response.json());
    throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
  }
  async function textOf(path: string): Promise<string> {
    const response = await fetch(new URL(path, api), { ...defined({ signal }) });
    if (!response.ok && response.status !== 404) {
      throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    }
    return response.ok ? response.text() : '';
  }
  return {
    launch: (body) => call(infoSchema, '/v1/sessions', body),
    continueSession: (id, body) => call(infoSchema, `/v1/sessions/${id}/continue`, body),
    info: (id) => call(infoSchema, `/v1/sessions/${id}`),
    events: (id, after) => call(eventPage, `/v1/sessions/${id}/events?after=${after}`),
    sendMessage: (id, body) => call(sentMessageSchema, `/v1/sessions/${id}/messages`, body),
    transcript: (id) => textOf(`/v1/sessions/${id}/transcript`),
    messages: (id) => call(messagePage, `/v1/sessions/${id}/messages`),
    diff: (id) => textOf(`/v1/sessions/${id}/diff`),
  };
}
