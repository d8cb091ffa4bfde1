import type { Redis } from 'ioredis';
import { QUEUE_PREFIX } from '../model/job/job.ts';
import { type LiveMessage, liveMessageSchema } from '../model/session/live.ts';
import { conversationChannel, statusChannel } from './live.ts';
import { openSubscriberRedis } from './redis.ts';

/**
 * A listener for live messages. Messages may be lost; MongoDB holds the data that they announce.
 */
export interface LiveListener {
  onMessage(message: LiveMessage): void;
  /**
   * Called when messages start to arrive: at first, and after each outage. Earlier messages are
   * lost.
   */
  connected(): void;
}

/** Stops listening. May be called again. */
export type StopListening = () => void;

/** The listeners of this process. They share one connection to Redis. */
export interface LiveHub {
  /** Listens to the messages about all sessions of a conversation. */
  listenToConversation(rootSessionId: string, listener: LiveListener): StopListening;
  /** Listens to the status changes of all sessions. */
  listenToStatuses(listener: LiveListener): StopListening;
  close(): void;
}

interface Channel {
  listeners: Set<LiveListener>;
  isSubscribed: boolean;
}

/**
 * Creates a hub. It connects for the first listener, and reconnects whenever the connection is
 * lost.
 */
export function createLiveHub({
  url,
  prefix = QUEUE_PREFIX,
}: {
  url: string;
  prefix?: string;
}): LiveHub {
  const channels = new Map<string, Channel>();
  let client: Redis | null = null;

  function connect(): Redis {
    const opened = openSubscriberRedis(url);
    opened.on('error', ignore);
    opened.on('ready', () => subscribe([...channels.keys()]));
    opened.on('close', () => {
      for (const channel of channels.values()) channel.isSubscribed = false;
    });
    opened.on('message', (name: string, text: string) => {
      const listeners = channels.get(name)?.listeners;
      const message = listeners && read(text);
      if (message) for (const listener of listeners) listener.onMessage(message);
    });
    return opened;
  }

  function subscribe(names: readonly string[]): void {
    if (names.length === 0) return;
    const requested = names.map((name) => channels.get(name));
    client?.subscribe(...names).then(
      () => {
        for (const channel of requested) {
          if (channel) channel.isSubscribed = true;
          for (const listener of channel?.listeners ?? []) listener.connected();
        }
      },
      // Redis is down. Once Redis is back, the handler of the event `ready` subscribes to all
      // channels.
      ignore,
    );
  }

  function listen(name: string, listener: LiveListener): StopListening {
    client ??= connect();
    const channel = channels.get(name) ?? { listeners: new Set(), isSubscribed: false };
    channel.listeners.add(listener);
    if (channel.isSubscribed) listener.connected();
    else if (!channels.has(name)) {
      channels.set(name, channel);
      subscribe([name]);
    }
    return () => {
      channel.listeners.delete(listener);
      if (channel.listeners.size > 0 || channels.get(name) !== channel) return;
      channels.delete(name);
      client?.unsubscribe(name).catch(ignore);
    };
  }

  return {
    listenToConversation: (root, listener) => listen(conversationChannel(prefix, root), listener),
    listenToStatuses: (listener) => listen(statusChannel(prefix), listener),
    close() {
      client?.disconnect();
    },
  };
}

function read(text: string): LiveMessage | null {
  try {
    return liveMessageSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // Any program may publish on a Redis channel. A message that does not fit the schema is
    // ignored.
    return null;
  }
}

// An 'error' event without a listener would end the process. Readers find what they missed in
// MongoDB.
function ignore(): void {}
