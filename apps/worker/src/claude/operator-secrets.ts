// What an error message of the CLI must not tell of the operator's own environment.
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE/;

const CUSTOM_HEADERS = 'ANTHROPIC_CUSTOM_HEADERS';

/** Says whether a variable of the operator holds a secret, as far as its name can tell. */
export function isSecretVariable(name: string): boolean {
  return SECRET_NAME.test(name) || name === CUSTOM_HEADERS;
}

/** The secret values of what a child inherits: by their names, in custom headers, in addresses. */
export function operatorSecrets(env: Record<string, string>): string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (SECRET_NAME.test(name)) return [value];
    if (name === CUSTOM_HEADERS) return headerSecrets(value);
    return credentialsOf(value);
  });
}

// One `Name: value` a line; of "Bearer <token>" a message may tell the token alone.
function headerSecrets(headers: string): string[] {
  return headers.split('\n').flatMap((line) => {
    const value = line.slice(line.indexOf(':') + 1).trim();
    return [...new Set([value, ...value.split(/\s+/)])];
  });
}

// A proxy's address may be written without its scheme.
function credentialsOf(value: string): string[] {
  const [, raw = ''] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#\s]*)@/i.exec(value) ?? [];
  const parts = raw === '' ? [] : [raw, ...raw.split(/:(.*)/s)];
  return [...new Set(parts.flatMap((part) => [part, decoded(part)]))].filter((part) => part !== '');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A lone "%" is taken as it stands.
    return part;
  }
}
