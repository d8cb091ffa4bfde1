// Variables that make any program run foreign code. The claude CLI runs on Bun, which runs the code that BUN_OPTIONS
// preloads (test/contract/env-names.test.ts).
const LOADERS = [/^(LD|DYLD|BUN)_/, /^NODE_OPTIONS$/, /^BASH_ENV$/, /^PATH$/];

// Variables that make the programs of one language run foreign code. A session may need these variables for its own
// programs.
const LANGUAGE_LOADERS = [
  /^(NODE_PATH|ENV|PERL5OPT|PERL5LIB|RUBYOPT|RUBYLIB|CLASSPATH)$/,
  /^PYTHON(PATH|HOME|STARTUP|BREAKPOINT|WARNINGS|INSPECT)$/,
  /^_?JAVA_(TOOL_)?OPTIONS$|^JDK_JAVA_OPTIONS$/,
];

// A caller who sets one of these variables could take the worker's API key, change the marker, or load code into the
// CLI.
const FORBIDDEN = [
  /^ANTHROPIC_/,
  /^CLAUDE/,
  /^BATON_/,
  /^HOME$/,
  ...LOADERS,
  // These variables choose the proxy, or the servers that the CLI trusts, so they could expose the worker's API key.
  /^(HTTPS?|ALL|NO)_PROXY$/i,
  /^NODE_(EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED)$/,
  /^SSL_CERT_(FILE|DIR)$/,
  /^AWS_(ENDPOINT_URL|CA_BUNDLE)/,
  // The servers to which Azure's SDK sends the operator's secrets.
  /^AZURE_(POD_IDENTITY_)?AUTHORITY_HOST$/,
  /^(IDENTITY|IMDS|MSI)_ENDPOINT$/,
  // With IS_SANDBOX, the CLI allows bypassPermissions even for root.
  /^IS_SANDBOX$/,
];

/** Returns the first name of `env` that a caller may not set, or null. `allowed` are the operator's exceptions. */
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
 * Returns the first name of `env` that can make a program run foreign code, or null. `allowed` are the operator's
 * exceptions. If the operator restricts the commands of MCP servers, callers may not set these variables.
 */
export function loaderName(
  env: Record<string, string> | undefined,
  allowed: readonly string[],
): string | null {
  const rules = [...LOADERS, ...LANGUAGE_LOADERS];
  const names = Object.keys(env ?? {}).filter((name) => !allowed.includes(name));
  return names.find((name) => rules.some((rule) => rule.test(name))) ?? null;
}
