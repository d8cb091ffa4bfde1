import { connect } from 'node:net';

/** Resolves to whether the host of the URL accepts a connection within `limitMs` milliseconds. */
export function isReachable(url: URL, limitMs: number): Promise<boolean> {
  const port = Number(url.port) || (url.protocol === 'http:' ? 80 : 443);
  const socket = connect({ host: url.hostname, port });
  return new Promise((resolve) => {
    const answer = (is: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(is);
    };
    const timer = setTimeout(answer, limitMs, false);
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}
