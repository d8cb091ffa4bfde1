import type { SessionConfig } from '../config/session-config.ts';
import { mapSecrets } from './secret-fields.ts';

/** Returns every secret value of a config, so that they can be removed from free text. */
export function secretsOf(config: SessionConfig): string[] {
  const secrets: string[] = [];
  mapSecrets(config, (secret, field) => {
    // If a header is "Bearer <token>", an error message may quote only the token.
    const words = field.includes('.headers.') ? secret.split(/\s+/) : [];
    secrets.push(secret, ...words);
    return secret;
  });
  return secrets;
}
