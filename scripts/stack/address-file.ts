import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const HEADER = `# Where the running \`npm start\` answers. Use it with \`. .baton/env\` or \`node --env-file=.baton/env\`.\n`;

/** The addresses of a running stack, under the names that Baton's settings have. */
export type AddressFile = {
  /** Removes the file, unless a later start has replaced it. */
  readonly remove: () => Promise<void>;
};

/**
 * Writes variables to a file that both a shell and Node's `--env-file` read. Only its owner may read the file, because an
 * address may hold a password.
 */
export async function writeAddressFile(
  path: string,
  variables: Readonly<Record<string, string>>,
): Promise<AddressFile> {
  const text = `${HEADER}${Object.entries(variables).map(formatVariable).join('')}`;
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true }); // an existing file would keep its own mode
  await writeFile(path, text, { mode: 0o600 });
  return {
    async remove() {
      const current = await readFile(path, 'utf8').catch(() => undefined);
      if (current === text) await rm(path, { force: true });
    },
  };
}

/** Returns one line. A quote in a URL is percent-encoded, because a shell and Node escape it differently. */
function formatVariable([name, value]: [string, string]): string {
  return `export ${name}='${value.replaceAll("'", '%27')}'\n`;
}
