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

// The reference page begins with a script of its own, and compiles templates.
const REFERENCE = policy("'self' 'unsafe-inline' 'unsafe-eval'");
const BOARD = policy("'self'");

/** Keeps the reference page to its own origin: its fonts and calls home never leave the browser. */
export async function referencePolicy(_request: FastifyRequest, reply: FastifyReply) {
  reply.header('content-security-policy', REFERENCE);
}

/** Keeps the dashboard to its own origin, and to the scripts that are served there. */
export async function boardPolicy(_request: FastifyRequest, reply: FastifyReply) {
  reply.header('content-security-policy', BOARD);
}
