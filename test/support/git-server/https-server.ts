// Serves the bare repositories of a folder over https, with `git http-backend`.
import { execFileSync, spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { defined } from '@baton/core/internal';
import type { Certificate } from './certificate.ts';
import { testGitEnv } from './repositories.ts';

/** A user of the server. */
export interface GitUser {
  username: string;
  password: string;
}

/** A request that the server got. */
export interface SeenRequest {
  method: string;
  /** Path and query. */
  url: string;
  /** The header `authorization`, or undefined. */
  authorization: string | undefined;
}

/** Answers a request in place of git. Returns whether it did, or will. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A git server over https. */
export interface HttpsGitServer {
  port: number;
  /** The requests so far, oldest first. */
  seen: SeenRequest[];
  /** Asks everybody for this user from now on; undefined asks nobody. */
  setUser(user: GitUser | undefined): void;
  /** Sets what answers before git does; undefined removes it. */
  intercept(by: Intercept | undefined): void;
  close(): Promise<void>;
}

/** Starts the server on a free port of 127.0.0.1. */
export async function startHttpsGitServer(
  root: string,
  certificate: Certificate,
): Promise<HttpsGitServer> {
  const backend = join(
    execFileSync('git', ['--exec-path'], { env: testGitEnv, encoding: 'utf8' }).trim(),
    'git-http-backend',
  );
  const seen: SeenRequest[] = [];
  let user: GitUser | undefined;
  let intercept: Intercept | undefined;

  const server = createServer(certificate, (request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, authorization: headers.authorization });
    if (intercept?.(request, response)) return;
    if (user && headers.authorization !== basic(user)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    runBackend(backend, root, request, response, user?.username);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    seen,
    setUser(one) {
      user = one;
    },
    intercept(by) {
      intercept = by;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function basic({ username, password }: GitUser): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function runBackend(
  backend: string,
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
  username: string | undefined,
): void {
  const { pathname, search } = new URL(request.url ?? '/', 'https://localhost');
  const { headers } = request;
  const child = spawn(backend, [], {
    env: {
      ...testGitEnv,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method ?? '',
      CONTENT_TYPE: headers['content-type'] ?? '',
      REMOTE_ADDR: '127.0.0.1',
      ...defined({
        CONTENT_LENGTH: headers['content-length'],
        HTTP_CONTENT_ENCODING: headers['content-encoding'],
        GIT_PROTOCOL: headers['git-protocol']?.toString(),
        REMOTE_USER: username,
      }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => {});
  response.on('close', () => child.kill());
  void answer(child.stdout, response);
}

/** Translates what a CGI program prints into a response. */
async function answer(output: AsyncIterable<Buffer>, response: ServerResponse): Promise<void> {
  let head: Buffer | null = Buffer.alloc(0);
  try {
    for await (const chunk of output) {
      if (head === null) {
        response.write(chunk);
        continue;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) continue;
      const fields = head.subarray(0, end).toString('latin1').split('\r\n');
      const headers = fields.map((line): [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      });
      const status = headers.find(([name]) => name === 'status')?.[1] ?? '200';
      response.writeHead(
        Number.parseInt(status, 10),
        Object.fromEntries(headers.filter(([name]) => name !== 'status')),
      );
      response.write(head.subarray(end + 4));
      head = null;
    }
  } catch {
    // The client has gone, and git was killed.
  }
  response.end();
}
