// The values of the operator's own environment that no stored session and no message of the CLI may show.
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|PASSWD|CREDENTIAL/i;

// Named like secrets, these are numbers and paths.
const PLAIN_NAME =
  /TOKENS$|_TTL_MS$|_(?:FILE|FILES|PATH|DIR)$|^CLAUDE_CODE_CLIENT_KEY$|^SECRETS_(?:PUBLIC|PRIVATE)_KEYS$|^GOOGLE_APPLICATION_CREDENTIALS$|CREDENTIALS_(?:FULL|RELATIVE)_URI$/i;

// A proxy's address may be written without its scheme; of others `me@home` is no more than an e-mail address.
const PROXY_NAME = /_proxy$/i;

const CUSTOM_HEADERS = 'ANTHROPIC_CUSTOM_HEADERS';

/** Says whether a variable of the operator holds a secret or names a file of one, as far as its name can tell. */
export function isSecretVariable(name: string): boolean {
  return SECRET_NAME.test(name) || name === CUSTOM_HEADERS;
}

/** The secret values of an environment: by their names, in custom headers, in addresses. */
export function operatorSecrets(env: Record<string, string | undefined>): string[] {
  const found = Object.entries(env).flatMap(([name, value = '']) => {
    if (name === CUSTOM_HEADERS) return headerSecrets(value);
    if (isSecretVariable(name) && !PLAIN_NAME.test(name)) return linesOf(value);
    return addressSecrets(value, PROXY_NAME.test(name));
  });
  return [...new Set(found)].filter((secret) => secret !== '');
}

// A tool may print a key of several lines line by line; its head and foot are no secrets.
function linesOf(value: string): string[] {
  const trimmed = value.trim();
  const lines = trimmed.split('\n').map((line) => line.trim());
  if (lines.length === 1) return [trimmed];
  return [trimmed, ...lines.filter((line) => !line.startsWith('-----'))];
}

// One `Name: value` a line; of "Bearer <token>" a message may tell the token alone.
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

// `?password=...`: some drivers take a secret so.
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
    // A lone "%" is taken as it stands.
    return part;
  }
}
