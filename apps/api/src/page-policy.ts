import type { FastifyReply, FastifyRequest } from 'fastify';

const POLICY = [
  "default-src 'self' data: blob:",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "frame-ancestors 'none'",
].join('; ');

/** Keeps a page to its own origin: the dashboards' fonts and calls home never leave the browser. */
export async function ownOriginOnly(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('content-security-policy', POLICY);
}
