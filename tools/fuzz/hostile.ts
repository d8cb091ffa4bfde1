// Values that a broken or malicious client may send.
import fc from 'fast-check';

/** One change to a JSON document: it sets or drops the nth value, or adds a key to that value. */
export type Mutation =
  | { kind: 'set'; n: number; value: unknown }
  | { kind: 'drop'; n: number }
  | { kind: 'add'; n: number; key: string; value: unknown };

const NASTY_TEXTS = [
  '',
  '\0',
  '\ud800',
  '../../etc/passwd',
  '%00',
  '$where',
  '{"$gt":""}',
  '__proto__',
  'constructor',
  '\u202e\ufeff',
  '-1',
  '1e999',
  'NaN',
  "';--",
  '<script>',
  'x'.repeat(5_000),
];

const NASTY_VALUES: unknown[] = [
  null,
  true,
  [],
  {},
  -1,
  0.5,
  Number.MAX_SAFE_INTEGER + 2,
  1e300,
  { $gt: '' },
  { $pick: 'session' },
  JSON.parse('{"__proto__": {"x": 1}}'),
  nested(200),
  Array.from({ length: 500 }, () => 'x'),
  'x'.repeat(300_000),
];

/** Generates texts that are invalid as ids, numbers or cursors. */
export function hostileText(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(...NASTY_TEXTS),
    fc.string({ maxLength: 30, unit: 'binary' }),
    fc.string({ maxLength: 30, unit: 'grapheme' }),
  );
}

/** Generates changes to a body. */
export function mutations(): fc.Arbitrary<Mutation> {
  const n = fc.nat({ max: 1_000 });
  const value = fc.oneof(
    fc.constantFrom(...NASTY_VALUES, ...NASTY_TEXTS),
    fc.jsonValue({ maxDepth: 3 }),
  );
  return fc.oneof(
    fc.record({ kind: fc.constant('set' as const), n, value }),
    fc.record({ kind: fc.constant('drop' as const), n }),
    fc.record({ kind: fc.constant('add' as const), n, key: hostileText(), value }),
  );
}

/** Generates bodies that are not JSON, or that do not have the content type of JSON. */
export function rawBodies(): fc.Arbitrary<{ raw: string; type: string }> {
  return fc.record({
    raw: fc.oneof(
      fc.constantFrom('', '{', '[]', 'null', '"x"', '{"query":"q"}', '\ufeff{}', '{"a":1,"a":2}'),
      fc.constantFrom(`${'['.repeat(5_000)}${']'.repeat(5_000)}`, 'x'.repeat(1_200_000)),
      fc.string({ maxLength: 50, unit: 'binary' }),
    ),
    type: fc.constantFrom(
      'application/json',
      'application/json; charset=latin1',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'nonsense',
    ),
  });
}

/** Returns a copy of the JSON with the change at the position that `n` selects. */
export function mutated(json: unknown, mutation: Mutation): unknown {
  const copy = structuredClone({ root: json }) as Record<string, unknown>;
  const positions = findPositions(copy);
  const position = positions[mutation.n % positions.length];
  if (!position) return json;
  const { holder, key } = position;
  if (mutation.kind === 'drop') delete holder[key];
  else if (mutation.kind === 'set') holder[key] = mutation.value;
  else if (typeof holder[key] === 'object' && holder[key] !== null) {
    Object.defineProperty(holder[key], mutation.key, { value: mutation.value, enumerable: true });
  }
  return copy['root'];
}

interface Position {
  holder: Record<string, unknown>;
  key: string;
}

function findPositions(value: unknown): Position[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...findPositions(holder[key])]);
}

function nested(levels: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value;
}
