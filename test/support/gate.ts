import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a server. A test can make the server unreachable for a time. */
export interface Gate {
  /** The server's URL, through the gate. */
  url: string;
  /** Refuses new connections and closes open connections. */
  shut(): Promise<void>;
  /** Keeps connections open but drops all data, like a server that hangs. */
  freeze(): void;
  /** Sends new connections to another server. Open connections stay with the old server. */
  leadTo(target: string): void;
  /** Accepts connections and passes data on again. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a gate in front of the server with this URL. */
export async function createGate(target: string): Promise<Gate> {
  let { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let frozen = false;

  const server = createServer((inner) => {
    const outer = connect(Number(port), hostname);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => frozen || to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });

  async function listen(port: number): Promise<number> {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function shut(): Promise<void> {
    if (!server.listening) return;
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, 'close');
  }

  const ownPort = await listen(0);
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(ownPort);
  // Without this, the driver would ask the server for its address and bypass the gate.
  if (url.protocol === 'mongodb:') url.searchParams.set('directConnection', 'true');

  return {
    url: url.href,
    shut,
    freeze() {
      frozen = true;
    },
    leadTo(other) {
      ({ hostname, port } = new URL(other));
    },
    async open() {
      // The data sent during the freeze was dropped, so the open connections are corrupt.
      if (frozen) for (const socket of sockets) socket.destroy();
      frozen = false;
      if (!server.listening) await listen(ownPort);
    },
    close: shut,
  };
}
