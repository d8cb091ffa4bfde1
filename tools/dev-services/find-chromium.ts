import { type Candidate, type FoundProgram, pickFirst } from './candidates.ts';
import { downloadChromium } from './chromium-download.ts';
import { runsHere } from './chromium-runs.ts';
import { unpackChromium } from './chromium-unpack.ts';
import { ServicesError } from './errors.ts';
import type { Host } from './host.ts';
import { findOnPath } from './on-path.ts';

type ChromiumKind = 'path' | 'npm' | 'download';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * The places where Baton looks for a headless Chromium, in this order. A Chromium counts as found
 * if it prints its version.
 */
export const chromiumCandidates: readonly Candidate<ChromiumKind, Host, FoundProgram>[] = [
  { kind: 'path', looksFor: `${NAMES.join(', ')} on PATH`, find: onPath },
  {
    kind: 'npm',
    looksFor: 'the Chromium in the npm package @sparticuz/chromium',
    find: unpackChromium,
  },
  { kind: 'download', looksFor: "playwright's own download of Chromium", find: downloadChromium },
];

/**
 * Finds a Chromium that runs here, and installs a Chromium into Baton's cache if needed. If no
 * Chromium runs, throws an error that lists what was tried.
 */
export async function findChromium(host: Host): Promise<FoundProgram> {
  const { found } = await pickFirst(chromiumCandidates, host, {
    title: 'Chromium',
    advice: 'Install Chromium so that it is on PATH (Debian: apt-get install chromium).',
  });
  return found;
}

// Each program is run, because Ubuntu's chromium-browser is a stub that only says how to install
// the real browser.
async function onPath(host: Host): Promise<FoundProgram | undefined> {
  const failures: string[] = [];
  for (const name of NAMES) {
    const program = await findOnPath(name, host.env['PATH']);
    if (program === undefined) continue;
    const failure = await runsHere(host, { program, from: program });
    if (failure === undefined) return { program, from: program };
    failures.push(failure);
  }
  if (failures.length > 0) throw new ServicesError(failures.join('; '));
  return undefined;
}
