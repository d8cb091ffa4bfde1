import type { Socket } from 'node:net';

/** Passes everything between two sockets in both directions, also their ends. Both must allow half-open connections. */
export function splice(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      // Without its end, a connection that was cut would look open to the other side.
      if (!from.readableEnded) to.destroy();
    });
  }
}
