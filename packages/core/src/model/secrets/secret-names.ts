// The plural "tokens" is the name of a count; the singular is the name of a credential.
const SECRET_NAME =
  /secret|passw(or)?d|passphrase|credential|authorization|cookie|bearer|api[-_]?key|private[-_]?key|access[-_]?key|token(?!s)/i;

/** Returns whether a value under this name is probably a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/**
 * Splits a program's argument into the part that may be shown and the secret. An argument holds a secret if its own
 * name, or the option before it, is the name of a secret.
 */
export function splitArg(arg: string, before: unknown): { shown: string; secret?: string } {
  const [shown = '', name = ''] = /^([^=:\s]+)[=:]/.exec(arg) ?? [];
  if (isSecretName(name)) return { shown, secret: arg.slice(shown.length) };
  const isValue = typeof before === 'string' && /^-[^=\s]+$/.test(before) && !arg.startsWith('-');
  return isValue && isSecretName(before) ? { shown: '', secret: arg } : { shown: arg };
}
