import { describe, expect, test } from 'vitest';
import { createMasker } from '../../../../apps/worker/src/masking/masker.ts';

const KEY = 'sk-ant-api03-AbC_dEf';
const QUOTED = 'pa"ss/wo\\rd';
const LINES = 'first line\nsecond line';
const UMLAUT = 'pässwörd-ß😀';
const SECRETS = [KEY, QUOTED, LINES, UMLAUT];

const masker = createMasker(SECRETS);
const stars = (text: string) => '*'.repeat(Buffer.byteLength(text));

describe('a secret in a line of JSON', () => {
  test.each<[string, unknown, unknown]>([
    ['part of a value', { text: `is ${KEY}!` }, { text: `is ${stars(KEY)}!` }],
    ['a whole value', { a: [KEY, [KEY]] }, { a: [stars(KEY), [stars(KEY)]] }],
    ['two secrets side by side', { text: KEY + KEY }, { text: stars(KEY + KEY) }],
    ['an id in a tool’s input', { input: { id: KEY } }, { input: { id: stars(KEY) } }],
    [
      'the result of a tool',
      { tool_use_result: { type: KEY }, type: 'user' },
      { tool_use_result: { type: stars(KEY) }, type: 'user' },
    ],
    ['letters of several bytes', { text: UMLAUT }, { text: stars(UMLAUT) }],
  ])('is masked: %s', (_, value, masked) => {
    expect(JSON.parse(masker.line(JSON.stringify(value)))).toEqual(masked);
  });

  test.each<[string, unknown]>([
    ['a key', { [KEY]: 1 }],
    ['a type', { type: KEY, message: { type: KEY, role: KEY } }],
    [
      'an id',
      { uuid: KEY, session_id: KEY, message: { id: KEY, content: [{ tool_use_id: KEY }] } },
    ],
    ['an id in a transcript', { parentUuid: KEY, sessionId: KEY, requestId: KEY, toolUseID: KEY }],
    ['a list of ids', { tool_use_ids: [KEY] }],
    ['a secret that is too short', { text: 'sk-ant-' }],
    ['the beginning of a secret', { text: KEY.slice(0, -1) }],
  ])('is not masked: %s', (_, value) => {
    expect(masker.line(JSON.stringify(value))).toBe(JSON.stringify(value));
  });

  test.each(SECRETS)('is masked in JSON and in nested JSON: %j', (secret) => {
    let text = `<${secret}>`;
    for (let level = 0; level < 4; level += 1) {
      const line = JSON.stringify({ text });
      const masked = masker.line(line);
      expect(Buffer.byteLength(masked)).toBe(Buffer.byteLength(line));
      expect(JSON.parse(masked).text).toMatch(/^[^*]*<\*+>[^*]*$/);
      text = line;
    }
  });

  test.each([
    [
      'slashes as PHP writes them',
      `{"text":"${JSON.stringify(QUOTED).slice(1, -1).replace('/', '\\/')}"}`,
    ],
    ['letters as Python writes them', '{"text":"p\\u00e4ssw\\u00f6rd-\\u00df\\ud83d\\ude00"}'],
    [
      'letters as Python writes them, in nested JSON',
      '{"text":"\\"p\\\\u00e4ssw\\\\u00F6rd-\\\\u00df\\\\ud83d\\\\ude00\\""}',
    ],
    ['escapes of any letter', '{"text":"\\u0073k-ant-api03-AbC_dE\\u0066"}'],
  ])('is masked with %s', (_, line) => {
    const masked = masker.line(line);
    expect(masked).toHaveLength(line.length);
    expect(JSON.parse(masked).text).toMatch(/^"?\*+"?$/);
  });

  test('is masked without cutting an escape', () => {
    const ending = createMasker(['secrets\\', 'nothings', '\\backslash']);
    for (const text of [
      'secrets\\\n',
      'secrets\\"',
      'secrets\\\\"',
      '\nothings',
      '\\nothings',
      '\\\\backslash',
    ]) {
      const line = JSON.stringify({ text, after: 1 });
      const masked = ending.line(line);
      expect(masked).toHaveLength(line.length);
      expect(JSON.parse(masked)).toMatchObject({ after: 1 });
    }
    expect(JSON.parse(ending.line('{"text":"a\\nothings"}')).text).toBe('a\nothings');
  });
});

// Bytes that programs print between letters and that terminals do not show.
const CONTROLS: [string, string][] = [
  ['a colour', '\u001b[0;1m'],
  ['two sequences', '\u001b[0m\u001b[K'],
  ['a title', '\u001b]0;a "title"\u0007'],
  ['a link', '\u001b]8;;http://host/\u001b\\'],
  ['a device control string', '\u001bPq\u001b\\'],
  ['a single escape', '\u001b='],
  ['a sequence of eight bits', '\u009b1m'],
  ['a NUL', '\0'],
  ['a backspace', '\b'],
  ['a DEL', '\u007f'],
  ['a byte order mark', '\ufeff'],
];

describe.each(CONTROLS)('a secret with %s inside it', (_, control) => {
  const said = `sk-ant-api${control}03-AbC_${control}dEf`;

  test('is masked in text', () => {
    expect(masker.text(`<${said}>${control}`)).toBe(`<${stars(said)}>${control}`);
  });

  test('is masked in a line of JSON and in nested JSON', () => {
    let text = `<${said}>`;
    for (let level = 0; level < 3; level += 1) {
      const line = JSON.stringify({ text });
      const masked = masker.line(line);
      expect(Buffer.byteLength(masked)).toBe(Buffer.byteLength(line));
      expect(JSON.parse(masked).text).toMatch(/^[^*]*<\*+>[^*]*$/);
      text = line;
    }
  });

  test('is masked even if it has backslashes', () => {
    // The JSON escape of a backspace beside a backslash counts as text.
    if (control === '\b') return;
    const path = createMasker(['C:\\build\\fail\\keys']);
    for (const text of [`C:${control}\\build\\fail\\keys`, `C:\\build\\${control}fail\\keys`]) {
      expect(path.text(text)).toBe(stars(text));
      const line = JSON.stringify({ text });
      expect(path.line(line)).toBe(`{"text":"${'*'.repeat(Buffer.byteLength(line) - 11)}"}`);
    }
  });
});

test('a secret with white space or another letter inside it is not masked', () => {
  const text = 'sk-ant-api 03-AbC_dEf sk-ant-api\u001b[0m.03-AbC_dEf';
  expect(masker.text(text)).toBe(text);
});

test('the beginning of a secret counts as unfinished even if the text ends with a control sequence', () => {
  for (const end of ['\u001b', '\u001b[', '\u001b[0;', '\u001b]0;tit', '\u001b[0m']) {
    expect(masker.openBytes(`key: sk-ant${end}`)).toBe(Buffer.byteLength(`sk-ant${end}`));
  }
});

test('two secrets that overlap are masked together', () => {
  const overlapping = createMasker(['user:password', 'password-and-more']);
  expect(overlapping.text('<user:password-and-more>')).toBe(`<${'*'.repeat(22)}>`);
});

test.each([
  ['not JSON', `key: ${KEY}`, `key: ${stars(KEY)}`],
  ['broken JSON', `{"a":"${KEY}","b":${KEY}`, `{"a":"${stars(KEY)}","b":${stars(KEY)}`],
  ['cut JSON', `{"a":{"b":"${KEY} and`, `{"a":{"b":"${stars(KEY)} and`],
])('a line that is %s is masked as text', (_, line, masked) => {
  expect(masker.line(line)).toBe(masked);
});

test('each line is masked separately, and the number of bytes stays the same', () => {
  const lines = [{ uuid: KEY, text: KEY }, { text: 'plain ü' }, { text: LINES }];
  const data = Buffer.from(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
  const masked = masker.lines(data);
  expect(masked).toHaveLength(data.length);
  expect(masked.toString()).toBe(
    `{"uuid":"${KEY}","text":"${stars(KEY)}"}\n{"text":"plain ü"}\n{"text":"${'*'.repeat(LINES.length + 1)}"}\n`,
  );
});

test('bytes that are not text are kept, and only the secret is masked', () => {
  const data = Buffer.concat([Buffer.from([0xff, 0xc3]), Buffer.from(KEY), Buffer.from([0x80, 0])]);
  expect(masker.file(data)).toEqual(
    Buffer.concat([Buffer.from([0xff, 0xc3]), Buffer.from(stars(KEY)), Buffer.from([0x80, 0])]),
  );
});

test('data without a secret is returned unchanged', () => {
  const data = Buffer.from('{"text":"nothing here"}\n');
  expect(masker.lines(data)).toBe(data);
  expect(createMasker([]).line(KEY)).toBe(KEY);
});
