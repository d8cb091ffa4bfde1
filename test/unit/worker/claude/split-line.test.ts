import { expect, test } from 'vitest';
import { splitLine } from '../../../../apps/worker/src/claude/split-line.ts';

/** Returns each part of a line as `kind:text`, or as `type:text` if it is an event. */
function parts(text: string): string[] {
  const line = { text, bytes: Buffer.byteLength(text) };
  return splitLine(line).map((part) => {
    expect(part.bytes).toBe(Buffer.byteLength(part.text));
    const name = part.line.kind === 'event' ? part.line.type : part.line.kind;
    return `${name}:${part.text}`;
  });
}

const INIT = '{"type":"system","subtype":"init"}';
const END = '{"type":"result","subtype":"success","is_error":false,"result":"}{\\"\\\\"}';

// Bytes around an event that were observed, or that terminals and shells print.
const AROUND: [string, string][] = [
  ['a title that ends with BEL', '\u001b]0;claude: {"a":1} {\u0007'],
  ['a title that ends with ST', '\u001b]2;my title\u001b\\'],
  ['clear screen', '\u001b[2J\u001b[H'],
  ['bracketed paste', '\u001b[?2004h'],
  ['a device control string', '\u001bP+q544e\u001b\\'],
  ['a byte order mark', '\ufeff'],
  ['NULs', '\0\0'],
  ['a spinner', '⠋ Loading…\r'],
  ['a warning', 'Warning: low disk '],
  ['a brace', '{warn} '],
  ['an object without a type', '{"level":"warn"}'],
  ['what looks like an object', '{"progress":50%} '],
  ['a lone opening', 'use {" here: '],
  ['brackets of a log level', '[INFO] '],
  ['separators of Unicode', '\u2028\u2029'],
  ['bytes that were no UTF-8', '\ufffd\ufffd'],
];

test.each(AROUND)('%s before an event is set aside, and the event is read', (what, before) => {
  expect(parts(`${before}${END}`).at(-1)).toBe(`result:${END}`);
  if (what === 'a lone opening') return;
  expect(
    parts(`${before}${INIT}${before}${END}`).filter((part) => !/^(noise|garbage)/.test(part)),
  ).toEqual([`system:${INIT}`, `result:${END}`]);
});

test.each(AROUND.filter(([, text]) => text.trim() !== '' && !text.includes('{" here')))(
  '%s before or after an event is kept as a separate part',
  (_, other) => {
    const [before, event, behind, ...more] = parts(`${other}${END}${other}`);
    expect([before?.replace(/^\w+:/, ''), event, behind?.replace(/^\w+:/, ''), more]).toEqual([
      other,
      `result:${END}`,
      other,
      [],
    ]);
  },
);

test.each([
  ['an event is read without the white space around it', ` ${INIT} \r`, [`system:${INIT}`]],
  [
    'events without a separator are read one by one',
    `${INIT}${END}`,
    [`system:${INIT}`, `result:${END}`],
  ],
  ['an empty line has no parts', '', []],
  ['a blank line has no parts', ' \t\r', []],
  ['text is noise', 'Error: your config is broken', ['noise:Error: your config is broken']],
  ['an array of events is noise', `[${INIT},${END}]`, [`noise:[${INIT},${END}]`]],
  [
    'an array behind a title is noise',
    `\u001b]0;x\u0007[ ${END}]`,
    [`noise:\u001b]0;x\u0007[ ${END}]`],
  ],
  ['a value that is not an object is noise', '"text"', ['noise:"text"']],
  [
    'a line of a pretty-printed object is noise',
    '  "type": "result",',
    ['noise:  "type": "result",'],
  ],
  ['the first line of a pretty-printed object is garbage', '{', ['garbage:{']],
  ['an object without a type', '{"a":1}', ['garbage:{"a":1}']],
])('%s', (_, text, expected) => {
  expect(parts(text)).toEqual(expected);
});

test.each([
  ['at the start of a line', ''],
  ['after a title', '\u001b]0;x\u0007'],
  ['after an event', INIT],
])('an event inside a truncated event is not read: %s', (_, before) => {
  const torn = `{"type":"user","message":{"content":[{"type":"tool_use","input":${END}}`;
  const read = parts(`${before}${torn}`);
  expect(read.filter((part) => part.startsWith('result:'))).toEqual([]);
  expect(read.at(-1)?.endsWith(torn)).toBe(true);
});

// Texts directly before an event. None of the texts is JSON that could contain the event.
test.each([
  ['text in brackets and braces', '[{ctx}] '],
  ['a whole array', '[{"a":1}] '],
  ['a whole array of events', `[${INIT}] `],
  ['a broken array', '[{"a":bad}] '],
  ['an array that is cut within a string', '[{"type":"x","a":"b'],
  ['an event that is cut within a string', '{"type":"assistant","message":"abc'],
  [
    'an event that is cut within a nested string',
    '{"type":"user","message":{"content":[{"type":"te',
  ],
  ['an event that is cut within a key', '{"type":"user","mes'],
  ['an event that is cut within a number', '{"type":"user","n":12'],
  ['many beginnings of objects', '{"a '.repeat(20)],
  ['many broken objects', '{"a":bad} '.repeat(20)],
  ['beginnings of objects and a cut event', `${'{"a '.repeat(20)}{"type":"user","message":"ab`],
])('an event is read directly after %s', (_, before) => {
  expect(parts(`${before}${END}`).at(-1)).toBe(`result:${END}`);
  expect(parts(`${before}${END}\u001b[0m`).slice(-2)).toEqual([`result:${END}`, 'noise:\u001b[0m']);
  expect(parts(`${before}${END}`).filter((part) => part.startsWith('system:'))).toEqual([]);
});

test.each([
  ['the input of a tool', '{"type":"user","message":{"content":[{"type":"tool_use","input":'],
  ['an item of a list', '{"type":"user","message":{"content":['],
  ['an item of an array', `[${INIT},`],
  [
    'the input of a tool after many beginnings of objects',
    `${'{"a '.repeat(20)}{"type":"user","input":`,
  ],
])('an event at the end of a cut line is not read if it may be %s', (_, before) => {
  expect(parts(`${before}${END}`).filter((part) => !/^(noise|garbage)/.test(part))).toEqual([]);
});

test('an event inside a truncated event behind text is not read', () => {
  const torn = `{"type":"user","message":{"content":[{"type":"tool_use","input":${END},"x":`;
  expect(parts(`Warning: ${torn}`)).toEqual([`noise:Warning: ${torn}`]);
});

test('a line of many incomplete objects is split in linear time', () => {
  const text = `x${'{"'.repeat(100_000)}`;
  expect(splitLine({ text, bytes: text.length })).toHaveLength(1);
});

test.each(['{"type":"', '[{"type":"', '{"a ', '{"a":', '[{', '{"type":"a"}'])(
  'a line made only of %j is split in linear time',
  (piece) => {
    const text = piece.repeat(100_000);
    expect(splitLine({ text, bytes: text.length }).length).toBeGreaterThan(0);
  },
);
