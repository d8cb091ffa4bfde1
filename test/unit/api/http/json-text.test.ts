import { describe, expect, test } from 'vitest';
import { findLostText } from '../../../../apps/api/src/http/json-text.ts';

describe('a JSON text that loses nothing when it is parsed', () => {
  test.each([
    '{}',
    '[]',
    '""',
    '"a\\"{[,:1e999"',
    '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
    '[0,-1,1.0,1.50,0.1,1e3,1E-7,123456789012345,9007199254740991]',
    '[0.30000000000000004,1.7976931348623157e1,5e-324,0e5,0.000]',
    '{"a\\\\":1,"a":2}',
    '{"constructor":1,"prototype":{"constructor":2}}',
    ' { "a" : [ true , false , null ] } ',
  ])('is accepted: %s', (text) => {
    JSON.parse(text);
    expect(findLostText(text)).toBeNull();
  });

  test('is accepted with 100,000 levels', () => {
    const levels = 100_000;
    expect(findLostText('['.repeat(levels) + ']'.repeat(levels))).toBeNull();
  });
});

describe('a JSON text that loses something when it is parsed', () => {
  test.each([
    ['{"a":1,"a":1}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"a":[1,{"b":1,"c":2,"b":3}]}', 'a.1.b'],
    ['{"a":0.12345678901234567890}', 'a'],
    ['{"a":[1,2,1.00000000000000000001]}', 'a.2'],
    ['[1e-400]', '0'],
    ['{"__proto__":1}', '__proto__'],
    ['{"a":{"\\u005f_proto__":1}}', 'a.__proto__'],
    ['{"constructor":{"prototype":1}}', 'constructor.prototype'],
  ])('is refused, and the error names the place: %s', (text, location) => {
    expect(findLostText(text)?.path.join('.')).toBe(location);
  });
});
