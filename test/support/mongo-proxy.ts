// A proxy in front of MongoDB that can answer chosen commands itself, for example with an error.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { BSON, type Document } from 'mongodb';

const HEADER_BYTES = 16;
const OP_MSG = 2013;

interface Rule {
  match: (command: Document) => boolean;
  reply: Document | null;
  left: number;
}

/** A proxy in front of a MongoDB server. */
export interface MongoProxy {
  url: string;
  /**
   * Makes the proxy answer the next `times` (default 1) matching commands with `reply` instead of passing
   * them on. If `reply` is null, the proxy drops the commands without an answer.
   */
  answer(match: (command: Document) => boolean, reply: Document | null, times?: number): void;
  /** How many commands the proxy has answered itself or dropped. */
  readonly answered: number;
  close(): Promise<void>;
}

/**
 * Starts a proxy in front of the server with this URL. It passes everything on until `answer` is
 * called.
 */
export async function createMongoProxy(target: string): Promise<MongoProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let rule: Rule | null = null;
  let answered = 0;

  /** Returns the proxy's answer to a message, null to drop the message, or undefined to pass it on. */
  function replyTo(message: Buffer): Buffer | null | undefined {
    const command = commandOf(message);
    if (!rule || rule.left === 0 || !command || !rule.match(command)) return undefined;
    rule.left -= 1;
    answered += 1;
    return rule.reply && encode(rule.reply, message.readInt32LE(4));
  }

  const server = createServer((inner) => {
    const outer = connect(Number(port), hostname);
    let held = Buffer.alloc(0);
    inner.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 4 && held.length >= held.readInt32LE(0)) {
        const message = held.subarray(0, held.readInt32LE(0));
        held = held.subarray(message.length);
        const reply = replyTo(message);
        if (reply) inner.write(reply);
        else if (reply === undefined) outer.write(message);
      }
    });
    outer.on('data', (chunk) => inner.write(chunk));
    for (const [one, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  url.searchParams.set('directConnection', 'true');

  return {
    url: url.href,
    answer(match, reply, times = 1) {
      rule = { match, reply, left: times };
    },
    get answered() {
      return answered;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

// An OP_MSG has a header, four bytes of flags, and a section of kind 0, which is the command.
function commandOf(message: Buffer): Document | null {
  if (message.readInt32LE(12) !== OP_MSG || message[HEADER_BYTES + 4] !== 0) return null;
  const start = HEADER_BYTES + 5;
  return BSON.deserialize(message.subarray(start, start + message.readInt32LE(start)));
}

function encode(reply: Document, responseTo: number): Buffer {
  const body = Buffer.from(BSON.serialize(reply));
  const head = Buffer.alloc(HEADER_BYTES + 5);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(responseTo, 8);
  head.writeInt32LE(OP_MSG, 12);
  return Buffer.concat([head, body]);
}
