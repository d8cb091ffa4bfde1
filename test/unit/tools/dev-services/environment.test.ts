import { describe, expect, test } from 'vitest';
import { cacheDir, installerEnvironment } from '../../../../tools/dev-services/environment.ts';
import { mongodbArgs } from '../../../../tools/dev-services/mongodb.ts';
import { redisArgs } from '../../../../tools/dev-services/redis.ts';
import { withoutPassword } from '../../../../tools/dev-services/url.ts';

describe('the cache folder', () => {
  test.each([
    [{ XDG_CACHE_HOME: '/x', HOME: '/home/ann' }, '/x/baton'],
    [{ HOME: '/home/ann' }, '/home/ann/.cache/baton'],
    [{ XDG_CACHE_HOME: '', HOME: '/home/ann' }, '/home/ann/.cache/baton'],
  ])('for the environment %j is %s', (env, folder) => {
    expect(cacheDir(env)).toBe(folder);
  });
});

test('an installer gets the variables that it needs to reach its registry, but no secrets', () => {
  const needed = {
    PATH: '/bin',
    HOME: '/home/ann',
    PIP_CERT: '/c.pem',
    https_proxy: 'http://p:1',
    HTTPS_PROXY: 'http://p:1',
    CARGO_HOME: '/cargo',
  };
  const kept = {
    ANTHROPIC_API_KEY: 'k',
    REDIS_URL: 'redis://r',
    GITHUB_TOKEN: 't',
    NODE_OPTIONS: '-r x',
  };
  expect(installerEnvironment({ ...needed, ...kept })).toEqual(needed);
});

describe('the arguments of the servers', () => {
  test('make Redis write an append-only file, evict no keys and listen on loopback', () => {
    expect(redisArgs(6400, '/data').join(' ')).toBe(
      '--bind 127.0.0.1 --port 6400 --dir /data --appendonly yes --appendfsync everysec --maxmemory-policy noeviction --save  --daemonize no',
    );
  });

  test.each([
    ['mongod', '--bind_ip 127.0.0.1 --port 1 --dbpath /d --nounixsocket'],
    ['download', '--bind_ip 127.0.0.1 --port 1 --dbpath /d --nounixsocket'],
    [
      'secantusd-rs',
      '--host 127.0.0.1 --port 1 --storage-path /d --standalone --cache-size 512M --sync-on-commit',
    ],
    ['secantusd-py', '--host 127.0.0.1 --port 1 --storage-path /d --standalone --cache-size 512M'],
  ] as const)(
    'make %s listen on loopback, run standalone and keep every acknowledged write',
    (kind, args) => {
      expect(mongodbArgs(kind, 1, '/d').join(' ')).toBe(args);
    },
  );
});

test.each([
  ['redis://:secret@host:6379/0', 'redis://:***@host:6379/0'],
  ['mongodb://ann:s:e/cret@a,b/?x=1', 'mongodb://ann:***@a,b/?x=1'],
  ['redis://127.0.0.1:6379', 'redis://127.0.0.1:6379'],
])('the URL %s is logged without its password', (url, received) => {
  expect(withoutPassword(url)).toBe(received);
});
