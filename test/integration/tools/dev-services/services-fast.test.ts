import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { buildSecantus } from '../../../../tools/dev-services/build-secantus.ts';
import { createGuardian } from '../../../../tools/dev-services/guardian.ts';
import type { Host } from '../../../../tools/dev-services/host.ts';
import { cachedSecantus } from '../../../../tools/dev-services/secantus-rs.ts';

const crate = 'the crate, as its registry has it';
const sha256 = createHash('sha256').update(crate).digest('hex');

// Replaces cargo, which would compile for five minutes. It records its arguments, prints lines like cargo's
// and creates the files that cargo would create.
const cargo = `#!/bin/sh
echo "$@" >>"$HOME/calls"
echo "   Compiling wiredtiger v1.0.0" >&2
while [ "$1" != --root ]; do shift; done
[ -z "$CARGO_FAILS" ] || { echo "error: linking with cc failed" >&2; exit 101; }
mkdir -p "$2/bin" "$CARGO_TARGET_DIR/release"
printf '#!/bin/sh\\n' >"$2/bin/secantusd-rs"
chmod +x "$2/bin/secantusd-rs"
`;

const test = base.extend<{ host: Host; said: string[]; home: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the dependencies off this pattern
  said: async ({}, use) => use([]),
  // biome-ignore lint/correctness/noEmptyPattern: as above
  home: async ({}, use) => {
    const home = await mkdtemp(join(tmpdir(), 'baton-fast-'));
    await use(home);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  },
  host: async ({ home, said }, use) => {
    const registry = join(home, '.cargo/registry/cache/index');
    const tools = join(home, 'tools');
    for (const folder of [registry, tools]) await mkdir(folder, { recursive: true });
    await writeFile(join(registry, 'secantus-mdb-0.5.3-beta.193.crate'), crate);
    for (const [tool, script] of Object.entries({ cargo, cc: '', cmake: '' })) {
      await writeFile(join(tools, tool), script);
      await chmod(join(tools, tool), 0o755);
    }
    const env = { PATH: `${tools}:/usr/bin:/bin`, HOME: home };
    const guardian = createGuardian(env);
    await use({ env, cache: join(home, 'cache'), guardian, log: (line) => said.push(line) });
    await guardian.close();
  },
});

describe('services:fast', () => {
  test('builds the pinned crate into the cache once, and logs its progress', async ({
    host,
    home,
    said,
  }) => {
    const program = await buildSecantus(host, sha256);
    expect(program).toBe(cachedSecantus(host.cache));
    expect(await buildSecantus(host, sha256)).toBe(program);
    expect(await readFile(join(home, 'calls'), 'utf8')).toMatch(
      /^install --locked --ignore-rust-version --version =0\.5\.3-beta\.193 --root \S+ secantus-mdb\n$/,
    );
    expect(said).toEqual([
      'building secantusd-rs from secantus-mdb 0.5.3-beta.193: once, about five minutes',
      '0 s: compiling crate 1, wiredtiger',
    ]);
    expect(await readdir(join(program, '../..'))).toEqual(['bin']);
  });

  test('rejects with the compiler’s error if the build fails, and leaves no files', async ({
    host,
  }) => {
    const failing = { ...host, env: { ...host.env, CARGO_FAILS: 'yes' } };
    await expect(buildSecantus(failing, sha256)).rejects.toThrow('linking with cc failed');
    expect(await readdir(host.cache)).toEqual([]);
  });

  test('refuses a crate whose hash is not the pinned hash', async ({ host }) => {
    await expect(buildSecantus(host)).rejects.toThrow(
      /does not have the expected sha256 [0-9a-f]{64}: not installed/,
    );
    expect(await readdir(host.cache)).toEqual([]);
  });

  test.for([
    ['cargo', 'Rust 1.95 or later (cargo)'],
    ['cmake', 'cmake'],
  ])('rejects without %s and asks to install %s', async ([tool, install], { host, home }) => {
    await rm(join(home, 'tools', `${tool}`));
    const bare = { ...host, env: { ...host.env, PATH: join(home, 'tools') } };
    await expect(buildSecantus(bare, sha256)).rejects.toThrow(`needs ${install} on PATH`);
  });
});
