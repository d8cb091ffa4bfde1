// The wires of a test host: TCP connections that cross the border of its network namespace over Unix sockets. A
// socket in the file system works in every network namespace.
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { splice } from './splice.ts';

/** An address of a TCP server. */
export interface Address {
  host: string;
  port: number;
}

/** A listener that can be closed. */
export interface Wire {
  /** The TCP port, or 0 for a wire that listens on a Unix socket. */
  port: number;
  /** Stops listening and cuts all connections. */
  close(): Promise<void>;
}

/** Returns the path of the socket of a wire that leads out of the host, to a server with this port. */
export function outwardSocket(folder: string, port: number): string {
  return join(folder, `${port}.sock`);
}

/** Returns the path of the socket of the wire that leads into the host. */
export function inwardSocket(folder: string): string {
  return join(folder, 'in.sock');
}

/** Listens on a Unix socket and passes each connection on to a TCP server. */
export function leadToServer(path: string, { host, port }: Address): Promise<Wire> {
  return listen({ path }, (socket) => splice(socket, connect({ port, host, allowHalfOpen: true })));
}

/** Listens on this port of the loopback interface and passes each connection on to a Unix socket. */
export function leadToSocket(port: number, path: string): Promise<Wire> {
  return listen({ port, host: '127.0.0.1' }, (socket) =>
    splice(socket, connect({ path, allowHalfOpen: true })),
  );
}

/**
 * Listens on a free port of the loopback interface, and passes each connection through the inward socket to this
 * port of the host.
 */
export function leadIntoHost(path: string, port: number): Promise<Wire> {
  return listen({ port: 0, host: '127.0.0.1' }, (socket) => {
    const inward = connect({ path, allowHalfOpen: true });
    inward.write(Buffer.from(Uint16Array.of(port).buffer));
    splice(socket, inward);
  });
}

/** Listens on the inward socket. Each connection begins with the port, in two bytes. Runs in the host. */
export async function leadFromOutside(path: string): Promise<Wire> {
  await rm(path, { force: true }); // a crash leaves the socket behind
  return listen({ path }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const head = socket.read(2) as Buffer | null;
      if (head === null) return void socket.destroy();
      const port = new Uint16Array(Uint8Array.from(head).buffer)[0] ?? 0;
      splice(socket, connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
    });
  });
}

type Where = { path: string } | { port: number; host: string };

async function listen(where: Where, accept: (socket: Socket) => void): Promise<Wire> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    accept(socket);
  });
  server.listen(where);
  await once(server, 'listening');
  const address = server.address() as AddressInfo | string;
  return {
    port: typeof address === 'string' ? 0 : address.port,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
