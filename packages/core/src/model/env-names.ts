// A caller who sets these would take over the worker's key, the marker or the loader (contract section 3).
const FORBIDDEN = [
  /^ANTHROPIC_/,
  /^CLAUDE/,
  /^BATON_/,
  /^LD_/,
  /^NODE_OPTIONS$/,
  /^PATH$/,
  /^HOME$/,
  // Whoever names the proxy, or whom to trust as the API, reads the worker's key on its way.
  /^(HTTPS?|ALL|NO)_PROXY$/i,
  /^NODE_(EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED)$/,
  /^SSL_CERT_(FILE|DIR)$/,
  /^AWS_ENDPOINT_URL/,
  // Lifts the CLI's refusal of bypassPermissions for root.
  /^IS_SANDBOX$/,
];

/** The first name of `env` that a caller may not set, or null; `allowed` are the operator's exceptions. */
export function forbiddenEnvName(
  env: Record<string, string> | undefined,
  allowed: readonly string[],
): string | null {
  const names = Object.keys(env ?? {});
  return (
    names.find((name) => !allowed.includes(name) && FORBIDDEN.some((rule) => rule.test(name))) ??
    null
  );
}
