// Plural "tokens" counts something; a credential is one.
const SECRET_NAME =
  /secret|passw(or)?d|passphrase|credential|authorization|cookie|bearer|api[-_]?key|private[-_]?key|access[-_]?key|token(?!s)/i;

/** Says whether what stands under this name is a secret, as far as a name can tell. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** An argument as what may be shown of it and, where its name or the one before it tells of one, a secret. */
export function splitArg(arg: string, before: unknown): { shown: string; secret?: string } {
  const [shown = '', name = ''] = /^([^=:\s]+)[=:]/.exec(arg) ?? [];
  if (isSecretName(name)) return { shown, secret: arg.slice(shown.length) };
  const isValue = typeof before === 'string' && /^-[^=\s]+$/.test(before) && !arg.startsWith('-');
  return isValue && isSecretName(before) ? { shown: '', secret: arg } : { shown: arg };
}
