import type { SessionConfig } from '../config/session-config.ts';
import { mapSecrets } from './secret-fields.ts';

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
