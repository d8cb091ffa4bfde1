import { once } from 'node:events';
import { createServer } from 'node:net';

/** Throws, naming the way out, where something listens on the port already; 0 is always free. */
export async function checkPortIsFree(host: string, port: number): Promise<void> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!isTaken) throw error;
    throw new Error(
      `port ${port} on ${host} is taken: stop what listens there, or set PORT to another (0 takes any free one)`,
      { cause: error },
    );
  }
  server.close();
  await once(server, 'close');
}
