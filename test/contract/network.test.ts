// Tracing a run would need system packages. Instead a proxy records every request that is not for
// loopback, and the process's sockets are sampled while it runs.

import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { type Cli, makeCli } from './cli.ts';

const asked: string[] = [];
const proxy = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  response.writeHead(502).end();
});
proxy.on('connect', (request, socket) => {
  asked.push(`CONNECT ${request.url}`);
  socket.on('error', () => undefined); // the CLI may hang up first
  socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
});

let cli: Cli;

beforeAll(async () => {
  cli = await makeCli();
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await cli.remove();
});

interface Witnessed {
  /** The remote end of each TCP connection as "127.0.0.1:port", or "udp" for a UDP socket. */
  remotes: Set<string>;
  asked: string[];
  base: string;
}

async function witness(nonessential: '' | '1'): Promise<Witnessed> {
  asked.length = 0;
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const remotes = new Set<string>();
  let base = '';
  const script = [toolUse('Bash', { command: 'true' }), text('done')];
  const env = {
    HTTPS_PROXY: url,
    HTTP_PROXY: url,
    NO_PROXY: '127.0.0.1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: nonessential,
  };
  const options = { script, args: ['--allowedTools=Bash'], prompt: 'go', env };
  const run = await cli.runUntil(options, async (claude, api) => {
    base = api.url.replace('http://', '');
    const timer = setInterval(() => {
      for (const remote of remotesOf(claude.pid)) remotes.add(remote);
    }, 3);
    await claude.done;
    clearInterval(timer);
  });
  expect(run.results[0]).toMatchObject({ is_error: false, result: 'done' });
  return { remotes, asked: [...asked], base };
}

test('with CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 the CLI connects only to the base URL', async () => {
  const seen = await witness('1');
  expect([...seen.remotes]).toEqual([seen.base]);
  expect(seen.asked).toEqual([]);
});

test('without CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC the CLI calls other hosts, and the proxy sees the calls', async () => {
  const seen = await witness('');
  expect(seen.asked.length).toBeGreaterThan(0);
});

function remotesOf(pid: number): string[] {
  const inodes = new Set<string>();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`)) ?? [];
      if (inode !== undefined) inodes.add(inode);
    }
  } catch {
    return []; // ended between two samples
  }
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) =>
    readFileSync(`/proc/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((row) => row.trim().split(/\s+/))
      .filter((fields) => inodes.has(fields[9] ?? ''))
      .map((fields) => (kind.startsWith('udp') ? 'udp' : endpoint(fields[2] ?? ''))),
  );
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed in the meantime
  }
}

// Parses an address of /proc/net: "0100007F:1F90" is 127.0.0.1:8080. An IPv4 address is in host
// byte order. An IPv6 address stays in hex.
function endpoint(hex: string): string {
  const [address = '', port = ''] = hex.split(':');
  const bytes = address.length === 8 ? (address.match(/../g) ?? []).reverse() : undefined;
  const host = bytes?.map((byte) => Number.parseInt(byte, 16)).join('.') ?? address;
  return `${host}:${Number.parseInt(port, 16)}`;
}
