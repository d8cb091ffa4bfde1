import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Throws an error that says what to do if another program listens on the port. Port 0 is always
 * free.
 */
export async function checkPortIsFree(host: string, port: number): Promise<void> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!isTaken) throw error;
    throw new Error(
      `port ${port} on ${host} is in use: stop the program that listens there, or set PORT to another port (0 takes any free port)`,
      { cause: error },
    );
  }
  server.close();
  await once(server, 'close');
}
