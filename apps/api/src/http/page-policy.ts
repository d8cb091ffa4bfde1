import type { FastifyReply, FastifyRequest } from 'fastify';

function policy(scripts: string): string {
  return [
    "default-src 'self' data: blob:",
    `script-src ${scripts}`,
    "style-src 'self' 'unsafe-inline'",
    "object-src 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

// The reference page starts with an inline script and compiles templates with eval.
const REFERENCE = policy("'self' 'unsafe-inline' 'unsafe-eval'");
const BOARD = policy("'self'");

/**
 * Sets the content security policy of the reference page: the browser loads nothing from other
 * hosts.
 */
export async function referencePolicy(_request: FastifyRequest, reply: FastifyReply) {
  reply.header('content-security-policy', REFERENCE);
}

/**
 * Sets the content security policy of the dashboard: it loads nothing from other hosts, and no
 * inline script.
 */
export async function boardPolicy(_request: FastifyRequest, reply: FastifyReply) {
  reply.header('content-security-policy', BOARD);
}
