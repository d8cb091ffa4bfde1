import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

const HEADER = `# Where the running \`npm start\` answers. Use it with \`. .baton/env\` or \`node --env-file=.baton/env\`.\n`;

/**
 * Writes variables to a file that both a shell and Node's `--env-file` read. Only its owner may read the file, because an
 * address may hold a password.
 */
export async function writeAddressFile(
  path: string,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const text = `${HEADER}${Object.entries(variables).map(formatVariable).join('')}`;
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { recursive: true, force: true }); // an existing file would keep its own mode
  await writeFile(path, text, { mode: 0o600 });
}

/**
 * Returns one line. Line breaks, and quotes in a URL, are percent-encoded, because a shell and Node
 * escape them differently.
 */
function formatVariable([name, value]: [string, string]): string {
  const line = value.replaceAll(/[\r\n]/g, encodeURIComponent);
  const isPlainInDoubleQuotes = !/["$`\\]/.test(line);
  if (line.includes("'") && isPlainInDoubleQuotes) return `export ${name}="${line}"\n`;
  return `export ${name}='${line.replaceAll("'", '%27')}'\n`;
}
