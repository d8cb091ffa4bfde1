import { readAnswer } from './answer.ts';
import { BatonError } from './baton-error.ts';
import { send } from './call.ts';
import { openDeadline } from './deadline.ts';
import type { Settings } from './options.ts';

const NOTHING = Promise.resolve(undefined);

/**
 * Yields the text of one response as it arrives. Throws UNREACHABLE if the response breaks off, or
 * if it sends nothing for `silentForMs`.
 */
export async function* streamText(
  settings: Settings,
  call: Parameters<typeof send>[1],
  signal: AbortSignal,
): AsyncGenerator<string> {
  signal.throwIfAborted();
  const lost = new AbortController();
  const follow = () => lost.abort(signal.reason);
  signal.addEventListener('abort', follow, { once: true });
  const inTime = async <T>(wait: Promise<T>): Promise<T> => {
    const limit = openDeadline(settings.silentForMs);
    limit.signal.addEventListener('abort', () => lost.abort(limit.signal.reason));
    try {
      return await wait;
    } catch (cause) {
      throw new BatonError('UNREACHABLE', `lost the stream of ${settings.base.host}`, { cause });
    } finally {
      limit.close();
    }
  };
  try {
    const response = await inTime(send(settings, call, lost.signal));
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok || !type.startsWith('text/event-stream')) {
      const text = await inTime(response.text());
      readAnswer(response, text, 1);
      throw new BatonError('BAD_ANSWER', `expected a stream, got ${type || 'nothing'}`);
    }
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = (await inTime(reader?.read() ?? NOTHING)) ?? { done: true };
      if (done) return;
      yield value ?? '';
    }
  } finally {
    signal.removeEventListener('abort', follow);
    lost.abort();
  }
}
