// A curl that logs each call that fails. Plain curl exits with 0 when the API refuses a call, and a pipe
// hides the exit code of curl.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findOnPath } from '../../../tools/dev-services/on-path.ts';

const logFile = (folder: string) => join(folder, 'failed-calls');

/** Installs the logging curl and returns its folder. The folder must be the first one on PATH. */
export async function installCurl(folder: string): Promise<string> {
  const curl = await findOnPath('curl', process.env['PATH']);
  if (!curl) throw new Error('no curl on PATH: install it (Debian: apt-get install curl)');
  const bin = join(folder, 'programs');
  const script = `#!/bin/sh
body=$(mktemp)
{ '${curl}' --fail-with-body "$@"; echo $? > "$body.status"; } | tee "$body"
status=$(cat "$body.status")
error=$(sed -n 's/.*"error":{"code":"\\([A-Z_]*\\)".*/\\1/p' "$body")
rm "$body" "$body.status"
[ "$status" -eq 0 ] && exit 0
echo "$BLOCK \${error:-curl $* exited with $status}" >> '${logFile(folder)}'
[ "$status" -eq 22 ] || exit "$status"
`;
  await mkdir(bin);
  await writeFile(join(bin, 'curl'), script, { mode: 0o755 });
  return bin;
}

/**
 * Returns the calls that failed since this function was last called. Each is the value of the variable
 * BLOCK, then the error code of the answer or the exit status of curl.
 */
export async function takeFailedCalls(folder: string): Promise<string[]> {
  const text = await readFile(logFile(folder), 'utf8').catch(() => '');
  await writeFile(logFile(folder), '');
  return text.split('\n').filter((line) => line !== '');
}
