// Chunks that overlap, because a later attempt cut the file within an older chunk.
import { randomBytes } from 'node:crypto';
import { describe, expect } from 'vitest';
import { makeChild, makeSession } from '../../../support/factories.ts';
import { test } from '../stores.ts';
import { read, sha256 } from './transcript-scene.ts';

/** An attempt that starts at a committed length and writes chunks up to these offsets. */
interface Writes {
  from: number;
  to: number[];
  /** What the attempt commits at the end. Default: nothing, because it dies before. */
  commits?: number;
}

const CASES: [string, Writes[]][] = [
  [
    'a cut within a chunk',
    [
      { from: 0, to: [100, 200], commits: 200 },
      { from: 150, to: [180, 260], commits: 260 },
    ],
  ],
  [
    'a cut before any new chunk was stored',
    [
      { from: 0, to: [100, 200], commits: 200 },
      { from: 150, to: [], commits: 150 },
    ],
  ],
  [
    'a cut whose attempt died, and the next attempt’s other chunks',
    [
      { from: 0, to: [100, 200], commits: 200 },
      { from: 150, to: [190, 240, 300] },
      { from: 150, to: [210, 230], commits: 230 },
    ],
  ],
  [
    'leftovers of a dead attempt under a cut',
    [
      { from: 0, to: [100], commits: 100 },
      { from: 100, to: [130, 160, 210, 400] },
      { from: 100, to: [200, 320], commits: 320 },
      { from: 150, to: [170, 330], commits: 330 },
    ],
  ],
  [
    'two cuts, the later one deeper',
    [
      { from: 0, to: [100, 200], commits: 200 },
      { from: 150, to: [300], commits: 300 },
      { from: 120, to: [140, 310], commits: 310 },
    ],
  ],
  [
    'two cuts, the later one behind',
    [
      { from: 0, to: [100, 200], commits: 200 },
      { from: 150, to: [300], commits: 300 },
      { from: 220, to: [320], commits: 320 },
    ],
  ],
  [
    'two cuts at one place',
    [
      { from: 0, to: [200], commits: 200 },
      { from: 150, to: [300], commits: 300 },
      { from: 150, to: [160, 280], commits: 280 },
    ],
  ],
  [
    'a cut at the beginning',
    [
      { from: 0, to: [100, 200], commits: 200 },
      { from: 0, to: [30, 120, 170], commits: 170 },
    ],
  ],
  [
    'a cut at the edge of a chunk',
    [
      { from: 0, to: [100, 200, 300], commits: 300 },
      { from: 100, to: [150, 350], commits: 350 },
    ],
  ],
  [
    'a cut with less behind it than before',
    [
      { from: 0, to: [100, 200, 300], commits: 300 },
      { from: 150, to: [160], commits: 160 },
      { from: 160, to: [170], commits: 170 },
    ],
  ],
];

/** Every order of a short list, as the chunks may lie in any order in MongoDB. */
function orders<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    orders([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}

describe('a transcript file is read byte for byte after', () => {
  test.for(CASES)('%s', async ([, attempts], { stores: { transcripts } }) => {
    const session = makeSession();
    const path = 'main.jsonl';
    let whole = Buffer.alloc(0);
    let length = 0;
    for (const [index, { from, to, commits }] of attempts.entries()) {
      // The committed length is the start of an attempt, or a cut commits a lower one first.
      expect(from).toBeLessThanOrEqual(length);
      const end = to.at(-1) ?? from;
      const next = Buffer.concat([whole.subarray(0, from), randomBytes(end - from)]);
      let offset = from;
      for (const until of to) {
        const location = { session_id: session.id, path, generation: 0, offset, fence: index + 1 };
        await transcripts.put(location, next.subarray(offset, until));
        offset = until;
      }
      whole = commits === undefined ? whole.subarray(0, from) : next.subarray(0, commits);
      length = whole.length;
      const file = { path, base: 0, generation: 0, length, sha256: sha256(whole) };
      expect(await read(transcripts, file, [session])).toEqual(whole);
      if (length === 0) continue;
      const parent = { ...session, transcript: { files: [file] } };
      const child = { ...file, base: length };
      expect(await read(transcripts, child, [makeChild(parent), parent])).toEqual(whole);
    }
  });

  test('chunks that were stored in any order', async ({ stores: { transcripts } }) => {
    const [a, b, c] = [randomBytes(200), randomBytes(150), randomBytes(100)];
    const whole = Buffer.concat([a.subarray(0, 150), b.subarray(0, 70), c]);
    const chunks = [
      { offset: 0, fence: 1, data: a },
      { offset: 150, fence: 2, data: b },
      { offset: 220, fence: 4, data: c },
      { offset: 170, fence: 1, data: randomBytes(90) },
    ];
    for (const order of orders(chunks)) {
      const session = makeSession();
      for (const { data, ...position } of order) {
        const location = { session_id: session.id, path: 'a.jsonl', generation: 0, ...position };
        await transcripts.put(location, data);
      }
      const file = {
        path: 'a.jsonl',
        base: 0,
        generation: 0,
        length: whole.length,
        sha256: sha256(whole),
      };
      expect(await read(transcripts, file, [session])).toEqual(whole);
    }
  });

  test.for([1, 2, 3, 4])(
    'any history of cuts and dead attempts (seed %i)',
    async (seed, { stores: { transcripts } }) => {
      const random = randomFrom(seed);
      for (let history = 0; history < 8; history += 1) {
        const session = makeSession();
        const position = { session_id: session.id, path: 'a.jsonl', generation: 0 };
        let committed = Buffer.alloc(0);
        // A dead attempt may still write, because it does not know that it lost the session.
        let zombie = { offset: 0, fence: 0 };
        for (let fence = 1; fence <= 10; fence += 1) {
          const isCut = random(3) === 0;
          const start = isCut ? random(committed.length + 1) : committed.length;
          let whole = committed.subarray(0, start);
          committed = whole;
          for (let chunk = random(5); chunk > 0; chunk -= 1) {
            const data = randomBytes(1 + random(90));
            await transcripts.put({ ...position, offset: whole.length, fence }, data);
            whole = Buffer.concat([whole, data]);
            if (random(2) === 0) committed = whole;
            if (zombie.fence === 0 || random(3) > 0) continue;
            const late = randomBytes(1 + random(90));
            await transcripts.put({ ...position, ...zombie }, late).catch((error) => {
              expect(error).toMatchObject({ code: 'FENCE_LOST' });
            });
            zombie = { ...zombie, offset: zombie.offset + late.length };
          }
          zombie = { offset: whole.length, fence };
          const { length } = committed;
          const file = {
            path: 'a.jsonl',
            base: 0,
            generation: 0,
            length,
            sha256: sha256(committed),
          };
          expect(await read(transcripts, file, [session])).toEqual(committed);
        }
      }
    },
  );
});

/** Returns a function that returns a number below `limit`, the same ones for the same seed. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed * 2_654_435_761;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
