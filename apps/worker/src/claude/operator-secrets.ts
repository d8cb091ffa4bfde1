// Finds the secret values in the operator's own environment. No stored session and no message of
// the CLI may show them.
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|PASSWD|CREDENTIAL/i;

// These names look like names of secrets, but their values are numbers or paths.
const PLAIN_NAME =
  /TOKENS$|_TTL_MS$|_(?:FILE|FILES|PATH|DIR)$|^CLAUDE_CODE_CLIENT_KEY$|^SECRETS_(?:PUBLIC|PRIVATE)_KEYS$|^GOOGLE_APPLICATION_CREDENTIALS$|^AZURE_TOKEN_CREDENTIALS$|CREDENTIALS_(?:FULL|RELATIVE)_URI$/i;

// A proxy variable may hold a URL without its scheme, such as `user:password@proxy`. In any other
// variable, such a text counts as an e-mail address, not as a secret.
const PROXY_NAME = /_proxy$/i;

const CUSTOM_HEADERS = 'ANTHROPIC_CUSTOM_HEADERS';

// Secrets whose names do not show it: the password of Azure's managed identity.
const OTHER_SECRETS = [CUSTOM_HEADERS, 'IDENTITY_HEADER'];

/**
 * Returns whether the name of an operator's variable shows that the variable holds a secret, or
 * names a file that holds a secret.
 */
export function isSecretVariable(name: string): boolean {
  return SECRET_NAME.test(name) || OTHER_SECRETS.includes(name);
}

/**
 * Returns the secret values of an environment. They are found by variable name, in custom headers
 * and in addresses.
 */
export function operatorSecrets(env: Record<string, string | undefined>): string[] {
  const found = Object.entries(env).flatMap(([name, value = '']) => {
    if (name === CUSTOM_HEADERS) return headerSecrets(value);
    if (isSecretVariable(name) && !PLAIN_NAME.test(name)) return linesOf(value);
    return addressSecrets(value, PROXY_NAME.test(name));
  });
  return [...new Set(found)].filter((secret) => secret !== '');
}

// A tool may print a key of several lines line by line. The first and the last line of a PEM key
// are not secrets.
function linesOf(value: string): string[] {
  const trimmed = value.trim();
  const lines = trimmed.split('\n').map((line) => line.trim());
  if (lines.length === 1) return [trimmed];
  return [trimmed, ...lines.filter((line) => !line.startsWith('-----'))];
}

// Each line is `Name: value`. A message may show only the token of "Bearer <token>".
function headerSecrets(headers: string): string[] {
  return headers.split('\n').flatMap((line) => {
    const value = line.slice(line.indexOf(':') + 1).trim();
    return [value, ...value.split(/\s+/)];
  });
}

function addressSecrets(value: string, isProxy: boolean): string[] {
  const [, scheme, raw = ''] = /^([a-z][a-z0-9+.-]*:\/\/)?([^/?#\s]*)@/i.exec(value) ?? [];
  const isAddress = scheme !== undefined || isProxy;
  const parts = !isAddress || raw === '' ? [] : [raw, ...raw.split(/:(.*)/s)];
  return [...parts, ...querySecrets(value)].flatMap((part) => [part, decoded(part)]);
}

// Some drivers take a secret from the query of an address, such as `?password=...`.
function querySecrets(value: string): string[] {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return [];
  return [...value.matchAll(/[?&]([^=&#\s]+)=([^&#\s]*)/g)].flatMap(([, name = '', secret = '']) =>
    SECRET_NAME.test(name) ? [secret] : [],
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A lone "%" encodes nothing, so the part is kept as it is.
    return part;
  }
}
