import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  type Piece,
  type SplitSizes,
  splitRuns,
} from '../../../../apps/worker/src/transcript/base64-runs.ts';

const SIZES: Required<SplitSizes> = { minBytes: 8, stepBytes: 5, pieceBytes: 16 };

async function split(data: Buffer | string, sizes: SplitSizes = SIZES): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const piece of splitRuns(Buffer.from(data), sizes)) pieces.push(piece);
  return pieces;
}

const runsOf = (pieces: readonly Piece[]) =>
  pieces.filter(({ isRun }) => isRun).map(({ data }) => data.toString('latin1'));

/** All runs of at least `minBytes` bytes, as a regular expression finds them. */
function expectedRuns(data: Buffer): string[] {
  const found = data.toString('latin1').match(/[A-Za-z0-9+/]{8,}={0,2}/g);
  return found === null ? [] : [...found];
}

// Bytes of any kind, and bytes that often make runs of about the shortest length.
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  fc
    .array(
      fc.oneof(
        fc.string({ unit: fc.constantFrom(...'aZ09+/'), minLength: 5, maxLength: 40 }),
        fc.constantFrom('"', '=', '==', '===', '\n', '\\', '-', ' '),
      ),
      { maxLength: 30 },
    )
    .map((texts) => Buffer.from(texts.join(''))),
);

// Each property checks many splits, and each split waits for turns of the event loop.
vi.setConfig({ testTimeout: 60_000 });

describe('splitting bytes at long runs of base64', () => {
  test('loses no byte, finds each run, and keeps every other piece small', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, async (data) => {
        const pieces = await split(data);
        expect(Buffer.concat(pieces.map((piece) => piece.data)).equals(data)).toBe(true);
        expect(runsOf(pieces)).toEqual(expectedRuns(data));
        for (const { data: piece, isRun } of pieces) {
          expect(piece.length).toBeGreaterThan(0);
          if (!isRun) expect(piece.length).toBeLessThanOrEqual(SIZES.pieceBytes);
        }
      }),
    );
  });

  test('finds a run at every offset, of every length about the shortest one', async () => {
    for (let before = 0; before < 40; before += 1) {
      for (let length = 6; length < 20; length += 1) {
        const run = 'QUJDRA+/'.repeat(3).slice(0, length);
        const data = `${'"'.repeat(before)}${run}"${'.'.repeat(before)}`;
        expect(runsOf(await split(data))).toEqual(length < 8 ? [] : [run]);
      }
    }
  });

  test.for([
    ['no padding', ''],
    ['one padding byte', '='],
    ['two padding bytes', '=='],
  ])('takes %s into the run, and nothing after it', async ([, padding]) => {
    const pieces = await split(`{"data":"QUJDREVGRw${padding}"}`);
    expect(pieces.map(({ data, isRun }) => [data.toString(), isRun])).toEqual([
      ['{"data":"', false],
      [`QUJDREVGRw${padding}`, true],
      ['"}', false],
    ]);
  });

  test('finds the same run in a JSON string and in a data URL', async () => {
    const run = randomBytes(300).toString('base64');
    const pieces = await split(`{"a":"${run}","b":"data:image/png;base64,${run}"}\n`, {
      minBytes: 100,
    });
    expect(runsOf(pieces)).toEqual([run, run]);
  });

  test('leaves runs of less than 64 KiB alone unless a size is given', async () => {
    const [short, long] = ['A'.repeat(64 * 1024 - 1), 'B'.repeat(64 * 1024)];
    const pieces = await split(`"${short}" "${long}"`, {});
    expect(runsOf(pieces)).toEqual([long]);
  });
});
