import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createKeyStore, parseKeyText } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { nodeArguments } from '../../../../tools/process/node-arguments.ts';
import { databaseUrl } from '../../../support/api.ts';
import { test } from '../../../support/services.ts';

const KEYS = fileURLToPath(new URL('../../../../apps/api/src/keys.ts', import.meta.url));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the command as `npm run keys -- ...args` does, with this environment. */
async function run(args: string[], env: Record<string, string>): Promise<Ended> {
  const child = promisify(execFile)(process.execPath, nodeArguments(KEYS, ...args), { env });
  return child.then(
    (said) => ({ code: 0, ...said }),
    (error) => error as Ended,
  );
}

describe('npm run keys', () => {
  test('creates a key, lists it without its secret, and revokes it', async ({
    databaseName,
    db,
  }) => {
    const env = { MONGODB_URL: databaseUrl(databaseName) };
    const made = await run(['create', '--name', 'ci', '--scope', 'write', '--tenant', 'a'], env);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const { id, secret } = parseKeyText(made.stdout.trim()) ?? expect.fail(made.stdout);
    expect(made.stderr).not.toContain(secret);
    expect((await createKeyStore(db).find(id))?.key).toMatchObject({
      name: 'ci',
      scope: 'write',
      tenant: 'a',
    });

    const listed = await run(['list'], env);
    expect(listed.stdout).toMatch(new RegExp(`^${id}  write  a  ci  created .*not used yet\n$`));

    const revoked = await run(['revoke', id], env);
    expect(revoked).toMatchObject({ code: 0, stdout: '' });
    expect((await run(['list'], env)).stdout).toContain('  revoked 2');
  });

  test.for([
    [[], 'expected one of'],
    [['make'], 'expected one of'],
    [['create', '--name', 'x'], 'scope'],
    [['create', '--name', 'x', '--scope', 'root'], 'scope'],
    [['create', '--name', 'two words', '--scope', 'read'], 'name'],
    [['create', '--nmae', 'x'], '--nmae'],
    [['revoke'], 'expected one of'],
    [['revoke', 'f'.repeat(16)], 'no key ffff'],
  ] as const)(
    'exits with 1 and a reason for the arguments %j',
    async ([args, why], { databaseName }) => {
      const ended = await run([...args], { MONGODB_URL: databaseUrl(databaseName) });
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toContain(why);
      expect(ended.stderr).not.toContain('    at ');
    },
  );

  test('names the missing variable if there is no database address', async () => {
    const ended = await run(['list'], {});
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('MONGODB_URL: ');
  });
});
