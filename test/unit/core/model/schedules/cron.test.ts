import { describe, expect, test } from 'vitest';
import { nextCron } from '../../../../../packages/core/src/model/schedules/cron.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Returns the firings after `from` in the zone's local time. */
function firings(cron: string, zone: string, from: string, count: number): string[] {
  const shown: string[] = [];
  let now = new Date(from);
  while (shown.length < count) {
    const next = nextCron(cron, zone, now);
    if (!next) break;
    shown.push(wallText(next.getTime(), zone));
    now = next;
  }
  return shown;
}

function wallText(instant: number, timeZone: string): string {
  return new Date(instant).toLocaleString('sv', { timeZone });
}

describe('a firing in the hour that the clocks skip', () => {
  test.each<[string, string, string, string[]]>([
    [
      '0 0 * * *',
      'America/Santiago',
      '2027-09-03T12:00:00Z',
      ['2027-09-04 00:00:00', '2027-09-05 01:00:00', '2027-09-06 00:00:00'],
    ],
    [
      '0 0 30 4 *',
      'Africa/Cairo',
      '2027-01-01T00:00:00Z',
      ['2027-04-30 01:00:00', '2028-04-30 00:00:00'],
    ],
    [
      '0 0 * * 5',
      'Africa/Cairo',
      '2027-04-20T00:00:00Z',
      ['2027-04-23 00:00:00', '2027-04-30 01:00:00', '2027-05-07 00:00:00'],
    ],
    [
      '15,45 2 * * *',
      'Europe/Berlin',
      '2027-03-27T12:00:00Z',
      ['2027-03-28 03:00:00', '2027-03-29 02:15:00'],
    ],
    [
      '0 2,3 * * *',
      'Europe/Berlin',
      '2027-03-27T12:00:00Z',
      ['2027-03-28 03:00:00', '2027-03-29 02:00:00'],
    ],
    ['30 */2 * * *', 'Europe/Berlin', '2027-03-28T00:00:00Z', ['2027-03-28 03:00:00']],
    ['15 2 * * *', 'Australia/Lord_Howe', '2027-10-02T13:00:00Z', ['2027-10-03 02:30:00']],
    ['15 * * * *', 'Australia/Lord_Howe', '2027-10-02T15:00:00Z', ['2027-10-03 02:30:00']],
    ['30 1 * * *', 'Antarctica/Troll', '2027-03-27T12:00:00Z', ['2027-03-28 03:00:00']],
    [
      '30 12 * * *',
      'Pacific/Apia',
      '2011-12-29T00:00:00Z',
      ['2011-12-29 12:30:00', '2011-12-31 00:00:00', '2011-12-31 12:30:00'],
    ],
  ])('is due right after the gap: %s in %s', (cron, zone, from, expected) => {
    expect(firings(cron, zone, from, expected.length)).toEqual(expected);
  });

  test('is not added to an hourly schedule after a gap of whole hours', () => {
    expect(firings('30 * * * *', 'Europe/Berlin', '2027-03-28T00:00:00Z', 2)).toEqual([
      '2027-03-28 01:30:00',
      '2027-03-28 03:30:00',
    ]);
  });
});

describe('a firing in the hour that the clocks repeat', () => {
  test.each<[string, string[]]>([
    ['30 2 * * *', ['2027-10-31T00:30', '2027-11-01T01:30']],
    ['30 1-4 * * *', ['2027-10-30T23:30', '2027-10-31T00:30', '2027-10-31T02:30']],
    ['30 * * * *', ['2027-10-30T23:30', '2027-10-31T00:30', '2027-10-31T01:30']],
    ['30 */2 * * *', ['2027-10-31T00:30', '2027-10-31T01:30', '2027-10-31T03:30']],
    ['30 0-23 * * *', ['2027-10-30T23:30', '2027-10-31T00:30', '2027-10-31T01:30']],
  ])('is due once for fixed hours and twice for repeated hours: %s', (cron, expected) => {
    let now = new Date('2027-10-30T23:00:00Z');
    const found = expected.map(() => {
      now = nextCron(cron, 'Europe/Berlin', now) ?? now;
      return now.toISOString().slice(0, 16);
    });
    expect(found).toEqual(expected);
  });
});

// Days around clock changes of half an hour, one hour, two hours and a whole day. Some clocks
// change at midnight, and those of Asia/Kolkata never.
const CHANGES: [zone: string, from: string, days: number][] = [
  ['Europe/Berlin', '2027-03-27', 3],
  ['Europe/Berlin', '2027-10-30', 3],
  ['America/New_York', '2026-03-07', 3],
  ['America/New_York', '2026-10-31', 3],
  ['America/Santiago', '2027-09-04', 3],
  ['America/Santiago', '2027-04-03', 3],
  ['Africa/Cairo', '2027-04-29', 3],
  ['Africa/Cairo', '2026-10-29', 3],
  ['Australia/Lord_Howe', '2027-10-02', 3],
  ['Australia/Lord_Howe', '2027-04-03', 3],
  ['Antarctica/Troll', '2027-03-27', 3],
  ['Antarctica/Troll', '2027-10-30', 3],
  ['Africa/Casablanca', '2026-02-14', 3],
  ['Asia/Beirut', '2027-03-27', 3],
  ['Pacific/Apia', '2011-12-28', 4],
  ['Asia/Kolkata', '2027-03-27', 2],
];

const PATTERNS: [minutes: number[], hours: number[], cron: string, isRepeated: boolean][] = [
  [[0], [0], '0 0 * * *', false],
  [[15, 45], [2], '15,45 2 * * *', false],
  [[30], [0, 1, 2, 3], '30 0-3 * * *', false],
  [[0, 20, 40], [1, 23], '*/20 1,23 * * *', false],
  [[50], [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22], '50 */2 * * *', true],
  [[0, 30], Array.from({ length: 24 }, (_, hour) => hour), '*/30 * * * *', true],
];

/**
 * One minute in a zone. `skippedFrom` is where the local time that was skipped before it begins.
 * `isSecond` is true if its local time occurs for the second time.
 */
interface Minute {
  instant: number;
  wall: number;
  skippedFrom: number;
  isSecond: boolean;
}

function minutesOf(zone: string, from: number, to: number): Minute[] {
  const format = new Intl.DateTimeFormat('sv', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const wallOf = (instant: number) => Date.parse(`${format.format(instant).replace(' ', 'T')}Z`);
  let latest = wallOf(from) - MINUTE_MS;
  const minutes: Minute[] = [];
  for (let instant = from; instant <= to; instant += MINUTE_MS) {
    const wall = wallOf(instant);
    const isSecond = wall <= latest;
    minutes.push({ instant, wall, skippedFrom: isSecond ? wall : latest + MINUTE_MS, isSecond });
    latest = Math.max(latest, wall);
  }
  return minutes;
}

/** Finds the firings by checking every minute. */
function walked(
  [minutes, hours, , isRepeated]: (typeof PATTERNS)[number],
  all: readonly Minute[],
): number[] {
  const isDue = (wall: number) =>
    minutes.includes(new Date(wall).getUTCMinutes()) &&
    hours.includes(new Date(wall).getUTCHours());
  const makesUp = ({ wall, skippedFrom }: Minute) => {
    if (hours.length === 24 && (wall - skippedFrom) % HOUR_MS === 0) return false;
    for (let skipped = skippedFrom; skipped < wall; skipped += MINUTE_MS) {
      if (isDue(skipped)) return true;
    }
    return false;
  };
  return all
    .filter((one) => (isDue(one.wall) && (!one.isSecond || isRepeated)) || makesUp(one))
    .map(({ instant }) => instant);
}

describe('around a clock change, nextCron finds the same firings as a check of every minute', () => {
  test.each(CHANGES)(
    'in %s from %s',
    (zone, from, days) => {
      const start = Date.parse(`${from}T00:00:00Z`);
      const end = start + days * 24 * HOUR_MS;
      const minutes = minutesOf(zone, start - 2 * HOUR_MS, end);
      for (const pattern of PATTERNS) {
        const found: number[] = [];
        let next = nextCron(pattern[2], zone, new Date(start));
        while (next && next.getTime() <= end) {
          found.push(next.getTime());
          next = nextCron(pattern[2], zone, next);
        }
        const due = walked(pattern, minutes).filter((instant) => instant > start);
        expect(found, pattern[2]).toEqual(due);
      }
    },
    60_000,
  );
});

describe('a cron expression', () => {
  test.each([
    'H H * * *',
    'H(0-7) * * * *',
    '0 H/3 * * *',
    '0 0 H * *',
    '0 0 * * H',
    'h h * * *',
    '0 0 30 2 *',
    '0 0 31 4,6,9,11 *',
    '* * * *',
    '5',
    '* * * * * * *',
    '@reboot',
    '',
    '   ',
  ])('has no next firing if it is invalid, random or never due: %j', (cron) => {
    expect(nextCron(cron, 'UTC', new Date())).toBeNull();
  });

  test.each([
    '0 9 * * MON-THU',
    '0 9 * MAR-OCT *',
    '@daily',
    '0 0 L * *',
    '0 0 * * 5#2',
    '0 0 ? * *',
  ])('has the same next firing at each call: %j', (cron) => {
    const now = new Date('2027-01-01T00:00:00Z');
    const found = new Set([1, 2, 3].map(() => nextCron(cron, 'UTC', now)?.getTime()));
    expect(found.size).toBe(1);
    expect([...found][0]).toBeGreaterThan(now.getTime());
  });
});
