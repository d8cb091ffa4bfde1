import { AppError } from '@baton/core/internal';
import type { FastifyRequest } from 'fastify';
import type { App } from '../app-type.ts';
import { findLostText } from './json-text.ts';

const UTF8 = /^(?:utf-?8|us-ascii)$/i;

/**
 * Lets routes read only JSON bodies. A foreign web page cannot send JSON without a CORS preflight,
 * and Baton answers no preflight. A route that needs no body ignores any body.
 */
export function registerBodies(app: App): void {
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addHook('preParsing', async (request) => checkEncoding(request));
  const options = { parseAs: 'buffer' } as const;
  app.addContentTypeParser(
    'application/json',
    options,
    async (request: FastifyRequest, body: Buffer) => readJson(request, body),
  );
  app.addContentTypeParser('*', options, async (request: FastifyRequest) => {
    if (hasBodySchema(request)) throw invalid('content-type', 'expected application/json');
  });
}

/** Returns true if the route of a request reads a body. */
function hasBodySchema({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.schema?.body !== undefined;
}

/** Returns true if the headers of a request announce a body. */
export function announcesBody({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = headers;
  return coding !== undefined || length !== '0';
}

function checkEncoding(request: FastifyRequest): void {
  const codings = (request.headers['content-encoding'] ?? '').split(',').map((one) => one.trim());
  const isPlain = codings.every((coding) => /^(?:identity)?$/i.test(coding));
  if (isPlain || !announcesBody(request)) return;
  throw new AppError(
    'CONTENT_ENCODING_NOT_SUPPORTED',
    'content-encoding: expected none or identity; send the body uncompressed',
    { details: { field: 'content-encoding' } },
  );
}

function readJson(request: FastifyRequest, body: Buffer): unknown {
  const text = decode(request, body);
  if (/^\s*$/.test(text)) {
    if (hasBodySchema(request)) throw invalid('', 'expected a JSON body, got an empty one');
    return undefined;
  }
  const value = parse(text);
  const lost = findLostText(text);
  if (lost) throw invalid(lost.path.join('.'), lost.message);
  return value;
}

function decode({ headers }: FastifyRequest, body: Buffer): string {
  const [, charset = 'utf-8'] =
    /;\s*charset="?([^";\s]+)/i.exec(headers['content-type'] ?? '') ?? [];
  if (!UTF8.test(charset)) throw invalid('content-type', 'expected charset utf-8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw invalid('', 'expected a body in UTF-8');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the body, which may contain secrets.
    throw invalid('', 'expected the body to be JSON');
  }
}

function invalid(field: string, message: string): AppError {
  return new AppError('INVALID_REQUEST', field ? `${field}: ${message}` : message, {
    details: { field },
  });
}
