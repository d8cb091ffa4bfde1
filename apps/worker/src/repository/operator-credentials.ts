// The operator's own credentials for git servers, by host.
import { AppError, parseInput } from '@baton/core/internal';
import { z } from 'zod';

const line = z
  .string()
  .min(1)
  .regex(/^[^\0\r\n]*$/, 'expected one line');

const entrySchema = z
  .strictObject({
    username: line.optional(),
    password: line.optional(),
    ssh_key: z.string().min(1).optional(),
    ssh_known_hosts: z.string().min(1).optional(),
  })
  .refine(
    ({ password, ssh_key, ssh_known_hosts }) =>
      password !== undefined || ssh_key !== undefined || ssh_known_hosts !== undefined,
    'expected password, ssh_key or ssh_known_hosts',
  );

const fileSchema = z.record(
  z.string().regex(/^[a-z0-9.:[\]-]+$/, 'expected a host name in lower case, or host:port'),
  entrySchema,
);

/** What reaches one git server. `password` is for https; the keys that begin with `ssh` are for ssh. */
export type HostCredentials = z.infer<typeof entrySchema>;

/** Credentials by host, or by host and port. */
export type OperatorCredentials = Readonly<Record<string, HostCredentials>>;

/** Parses the file that GIT_CREDENTIALS_FILE names. Throws INVALID_CONFIG, without a value of the file. */
export function parseOperatorCredentials(text: string): OperatorCredentials {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new AppError('INVALID_CONFIG', 'GIT_CREDENTIALS_FILE: expected a file with JSON');
  }
  try {
    return parseInput(fileSchema, content);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    throw new AppError('INVALID_CONFIG', `GIT_CREDENTIALS_FILE: ${why}`, { cause });
  }
}

/** Returns the credentials for a server. An entry with the port counts before an entry of the host alone. */
export function findOperatorCredentials(
  all: OperatorCredentials,
  { host, port }: { host: string; port: number },
): HostCredentials | undefined {
  const find = (name: string) => (Object.hasOwn(all, name) ? all[name] : undefined);
  return find(`${host}:${port}`) ?? find(host);
}

/** Returns every secret of the credentials, also the lines of keys. */
export function secretsOfCredentials(all: OperatorCredentials): string[] {
  return Object.values(all).flatMap(secretTexts);
}

/** Returns the secrets of one server's credentials, also the lines of a key. */
export function secretTexts({
  password,
  ssh_key,
}: Pick<HostCredentials, 'password' | 'ssh_key'>): string[] {
  const lines = (ssh_key ?? '').split('\n').map((one) => one.trim());
  return [
    ...(password === undefined ? [] : [password]),
    ...(ssh_key === undefined ? [] : [ssh_key.trim()]),
    ...lines.filter((one) => one !== '' && !one.startsWith('-----')),
  ];
}
