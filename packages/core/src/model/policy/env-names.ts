// What makes a program run other code than its own, with whatever it was given. The CLI is a program of Bun, which
// runs what BUN_OPTIONS preloads (test/contract/env-names.test.ts).
const LOADERS = [/^(LD|DYLD|BUN)_/, /^NODE_OPTIONS$/, /^BASH_ENV$/, /^PATH$/];

// Further ones that a program of some language obeys, and that a session may well need for itself.
const LANGUAGE_LOADERS = [
  /^(NODE_PATH|ENV|PERL5OPT|PERL5LIB|RUBYOPT|RUBYLIB|CLASSPATH)$/,
  /^PYTHON(PATH|HOME|STARTUP|BREAKPOINT|WARNINGS|INSPECT)$/,
  /^_?JAVA_(TOOL_)?OPTIONS$|^JDK_JAVA_OPTIONS$/,
];

// A caller who sets these would take over the worker's key, the marker or the loader.
const FORBIDDEN = [
  /^ANTHROPIC_/,
  /^CLAUDE/,
  /^BATON_/,
  /^HOME$/,
  ...LOADERS,
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

/**
 * The first name of `env` by which a program can be made to run other code than its own, or null; `allowed` are the
 * operator's exceptions. To programs that the operator has listed no caller may give such a name.
 */
export function loaderName(
  env: Record<string, string> | undefined,
  allowed: readonly string[],
): string | null {
  const rules = [...LOADERS, ...LANGUAGE_LOADERS];
  const names = Object.keys(env ?? {}).filter((name) => !allowed.includes(name));
  return names.find((name) => rules.some((rule) => rule.test(name))) ?? null;
}
