import { expect, test } from 'vitest';
import { splitLine } from '../../../../apps/worker/src/claude/split-line.ts';

/** The parts of a line: `kind:text`, for events `type:text`. */
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

// What may stand around an event, as it was seen or as terminals and shells write it.
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
  '%s is kept beside the event, before it and behind it',
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
  ['an event without the white space around it', ` ${INIT} \r`, [`system:${INIT}`]],
  ['events that are glued together', `${INIT}${END}`, [`system:${INIT}`, `result:${END}`]],
  ['an empty line', '', []],
  ['a blank line', ' \t\r', []],
  ['text', 'Error: your config is broken', ['noise:Error: your config is broken']],
  ['an array of everything', `[${INIT},${END}]`, [`noise:[${INIT},${END}]`]],
  ['an array behind a title', `\u001b]0;x\u0007[ ${END}]`, [`noise:\u001b]0;x\u0007[ ${END}]`]],
  ['a value that is no object', '"text"', ['noise:"text"']],
  ['a line of a printed object', '  "type": "result",', ['noise:  "type": "result",']],
  ['the beginning of a printed object', '{', ['garbage:{']],
  ['an object without a type', '{"a":1}', ['garbage:{"a":1}']],
])('%s', (_, text, expected) => {
  expect(parts(text)).toEqual(expected);
});

test.each([
  ['at once', ''],
  ['behind a title', '\u001b]0;x\u0007'],
  ['behind an event', INIT],
])('nothing within an event that was cut short is an event: %s', (_, before) => {
  const torn = `{"type":"user","message":{"content":[{"type":"tool_use","input":${END}}`;
  const read = parts(`${before}${torn}`);
  expect(read.filter((part) => part.startsWith('result:'))).toEqual([]);
  expect(read.at(-1)?.endsWith(torn)).toBe(true);
});

// What an event was glued to: none of it is JSON that could hold the event.
test.each([
  ['text in brackets and braces', '[{ctx}] '],
  ['a whole array', '[{"a":1}] '],
  ['a whole array of events', `[${INIT}] `],
  ['an array that is none', '[{"a":bad}] '],
  ['an array that was cut within a string', '[{"type":"x","a":"b'],
  ['an event that was cut within a string', '{"type":"assistant","message":"abc'],
  ['one that was cut within a nested string', '{"type":"user","message":{"content":[{"type":"te'],
  ['one that was cut within a key', '{"type":"user","mes'],
  ['one that was cut within a number', '{"type":"user","n":12'],
  ['many beginnings', '{"a '.repeat(20)],
  ['many objects that are none', '{"a":bad} '.repeat(20)],
  ['beginnings and an event that was cut', `${'{"a '.repeat(20)}{"type":"user","message":"ab`],
])('an event is read that is glued to %s', (_, before) => {
  expect(parts(`${before}${END}`).at(-1)).toBe(`result:${END}`);
  expect(parts(`${before}${END}\u001b[0m`).slice(-2)).toEqual([`result:${END}`, 'noise:\u001b[0m']);
  expect(parts(`${before}${END}`).filter((part) => part.startsWith('system:'))).toEqual([]);
});

test.each([
  ['the input of a tool', '{"type":"user","message":{"content":[{"type":"tool_use","input":'],
  ['an item of a list', '{"type":"user","message":{"content":['],
  ['an item of an array', `[${INIT},`],
  ['the same behind many beginnings', `${'{"a '.repeat(20)}{"type":"user","input":`],
])('what a cut line ends with is no event where it may be %s', (_, before) => {
  expect(parts(`${before}${END}`).filter((part) => !/^(noise|garbage)/.test(part))).toEqual([]);
});

test('behind text, what is within an event that was cut short is none either', () => {
  const torn = `{"type":"user","message":{"content":[{"type":"tool_use","input":${END},"x":`;
  expect(parts(`Warning: ${torn}`)).toEqual([`noise:Warning: ${torn}`]);
});

test('a line made of beginnings is split in linear time', () => {
  const text = `x${'{"'.repeat(100_000)}`;
  expect(splitLine({ text, bytes: text.length })).toHaveLength(1);
});

test.each(['{"type":"', '[{"type":"', '{"a ', '{"a":', '[{', '{"type":"a"}'])(
  'a line made of %j alone is split in linear time',
  (piece) => {
    const text = piece.repeat(100_000);
    expect(splitLine({ text, bytes: text.length }).length).toBeGreaterThan(0);
  },
);
