import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@baton/core/internal';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  createEnvScrub,
  type EnvScrubSetting,
} from '../../../../apps/worker/src/scrub/env-scrub.ts';

/** Makes a folder with these programs, and returns it as a PATH. */
async function pathOf(programs: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'baton-path-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of programs) {
    await writeFile(join(folder, name), '');
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

/** A scrub whose probe returns these verdicts in turn, and then repeats the last verdict. */
async function scrubOf(
  setting: EnvScrubSetting,
  { programs = ['bwrap', 'socat'], verdicts = [] as (string | null | Error)[] } = {},
) {
  const logged: { level: number; msg: string; reason?: string }[] = [];
  const log = createLogger('worker', 'info', { write: (line) => logged.push(JSON.parse(line)) });
  const probe = vi.fn(async () => {
    const verdict = verdicts[Math.min(probe.mock.calls.length, verdicts.length) - 1] ?? null;
    if (verdict instanceof Error) throw verdict;
    return verdict;
  });
  const deps = {
    cli: { file: '/no/claude', version: '2.1.330' },
    launcher: [],
    baseEnv: { PATH: await pathOf(programs) },
    identity: { workerId: 'w', host: 'h', pid: 1, startTime: '1' },
    log,
  };
  const scrub = createEnvScrub(setting, deps, { probe, againMs: 1 });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  await scrub.probe(stop.signal);
  return { scrub, probe, logged, stop };
}

test.each<[EnvScrubSetting, string[], (string | null)[], object]>([
  ['auto', ['bwrap', 'socat'], [null], { on: true, description: 'on', probes: 1, lines: 0 }],
  ['on', ['bwrap', 'socat'], [null], { on: true, description: 'on', probes: 1, lines: 0 }],
  ['on', [], [null], { on: true, description: 'on', probes: 1, lines: 0 }],
  ['auto', ['bwrap', 'socat'], ['no'], { on: false, description: 'off: no', probes: 1, lines: 1 }],
  [
    'auto',
    [],
    [null],
    { on: false, description: 'off: bwrap and socat not found on PATH', probes: 0, lines: 1 },
  ],
  [
    'auto',
    ['bwrap'],
    [null],
    { on: false, description: 'off: socat not found on PATH', probes: 0, lines: 1 },
  ],
  [
    'off',
    ['bwrap', 'socat'],
    [null],
    { on: false, description: 'off: SUBPROCESS_ENV_SCRUB=off', probes: 0, lines: 0 },
  ],
])(
  'the scrub set to %s, with %j on PATH and a probe that returns %j, has the right state',
  async (setting, programs, verdicts, expected) => {
    const { scrub, probe, logged, stop } = await scrubOf(setting, { programs, verdicts });
    expect(await scrub.untilAllowed(stop.signal)).toBe(true);
    expect({
      on: scrub.isOn(),
      description: scrub.describe(),
      probes: probe.mock.calls.length,
      lines: logged.length,
    }).toEqual(expected);
    expect(scrub.whyNot()).toBeNull();
  },
);

test('a host that cannot scrub, although it must, takes no session until a probe passes, and gives the reason', async () => {
  const verdicts = ['no bubblewrap', 'no socat', new Error('no space left'), null];
  const { scrub, probe, logged, stop } = await scrubOf('on', { verdicts });
  expect(probe).toHaveBeenCalledOnce();
  expect(scrub.whyNot()).toContain('(no bubblewrap)');
  expect(await scrub.untilAllowed(stop.signal)).toBe(true);
  expect(probe).toHaveBeenCalledTimes(4);
  expect(scrub.isOn()).toBe(true);
  expect(scrub.whyNot()).toBeNull();
  // One line for each change of state, not for each probe.
  expect(logged).toMatchObject([{ level: 50, reason: 'no bubblewrap' }, { level: 30 }]);
});

test('a host that cannot scrub, although it must, names the missing programs and the CLI’s error', async () => {
  const { scrub } = await scrubOf('on', { programs: [], verdicts: ['it ended with exit 1'] });
  expect(scrub.whyNot()).toBe(
    'SUBPROCESS_ENV_SCRUB=on, but the claude CLI cannot keep its credentials from tools here (bwrap and socat not found on PATH; it ended with exit 1)',
  );
});

test('a probe that throws turns the scrub off and gives the reason', async () => {
  const { scrub, stop } = await scrubOf('auto', { verdicts: [new Error('no space left')] });
  expect(scrub.describe()).toMatch(/^off: the probe failed: .*no space left/);
  expect(await scrub.untilAllowed(stop.signal)).toBe(true);
});

test.each<[EnvScrubSetting, string | null]>([
  ['on', 'no'],
  ['on', null],
  ['auto', null],
  ['off', null],
])(
  'a worker that stops during the probe takes no session, with the scrub set to %s and the verdict %j',
  async (setting, verdict) => {
    const { scrub, stop } = await scrubOf(setting, { verdicts: [verdict] });
    stop.abort();
    expect(await scrub.untilAllowed(stop.signal)).toBe(false);
  },
);
