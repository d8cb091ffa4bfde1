import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut and opened again, so that the server is away for one client. */
export interface TcpProxy {
  /** The target's URL with the proxy's host and port in its place. */
  readonly url: string;
  /** Refuses new connections and breaks those there are. */
  cut(): Promise<void>;
  /** Lets connections through again. */
  open(): Promise<void>;
}

/** Opens a proxy on loopback to the server of a URL. */
export async function createTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();

  const pass = (near: Socket) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      // A broken connection is what the proxy is for; both sides hear of it by themselves.
      socket.on('error', () => {});
    }
    near.pipe(far).pipe(near);
  };

  async function listen(onPort: number): Promise<Server> {
    const server = createServer(pass).listen(onPort, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  let server: Server | null = await listen(0);
  const own = (server.address() as AddressInfo).port;
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(own);

  return {
    url: url.href,
    async cut() {
      const closing = server;
      server = null;
      if (!closing) return;
      const closed = once(closing, 'close');
      closing.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async open() {
      server ??= await listen(own);
    },
  };
}
