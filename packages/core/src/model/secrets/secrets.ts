import type { SessionConfig } from '../config/session-config.ts';
import { REDACTED } from './redact.ts';
import { mapSecrets } from './secret-places.ts';

// Shorter values ("1", "true", "dev") are flags, and would blot out ordinary words.
const SECRET_MIN_LENGTH = 6;

/** Every secret value of a config, so that free text can be cleared of them. */
export function secretsOf(config: SessionConfig): string[] {
  const secrets: string[] = [];
  mapSecrets(config, (secret, field) => {
    // "Bearer <token>": a message may tell the token alone.
    const words = field.includes('.headers.') ? secret.split(/\s+/) : [];
    secrets.push(secret, ...words);
    return secret;
  });
  return secrets;
}

/** The text with every given secret of six characters or more blotted out. */
export function redactText(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SECRET_MIN_LENGTH)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
}
