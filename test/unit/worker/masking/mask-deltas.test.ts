import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDeltaMasker } from '../../../../apps/worker/src/masking/mask-deltas.ts';
import { createMasker } from '../../../../apps/worker/src/masking/masker.ts';

const KEY = 'sk-ant-api03-AbC_dEf';

type Body = Record<string, unknown>;

function piece(text: string, field = 'text', answer: string | null = null): Body {
  const delta = { type: `${field}_delta`, [field]: text };
  return {
    type: 'stream_event',
    event: { type: 'content_block_delta', index: 0, delta },
    parent_tool_use_id: answer,
  };
}

const END: Body = { type: 'stream_event', event: { type: 'content_block_stop', index: 0 } };

/** The output after each body: the texts of pieces, and the types of other lines. */
function play(bodies: readonly Body[], secrets = [KEY]): string[][] {
  const deltas = createDeltaMasker(createMasker(secrets));
  return bodies.map((body) =>
    deltas.push(JSON.stringify(body), body).map((line) => {
      const { type, delta } = JSON.parse(line).event;
      return delta ? (delta.text ?? delta.thinking ?? delta.partial_json) : type;
    }),
  );
}

const stars = (text: string) => '*'.repeat(text.length);

test.each(['text', 'thinking', 'partial_json'])('a secret in pieces of %s is masked', (field) => {
  const pieces = ['is sk-', 'ant-api', '03-AbC_', 'dEf!', ' done'].map((text) =>
    piece(text, field),
  );
  expect(play([...pieces, END])).toEqual([
    [],
    [],
    [],
    ['is ***', '*******', '*******', '***!'],
    [' done'],
    ['content_block_stop'],
  ]);
});

test('a secret in single letters is masked', () => {
  const received = play([...[...`a${KEY}b`].map((letter) => piece(letter)), END]).flat();
  expect(received).toEqual(['a', ...stars(KEY), 'b', 'content_block_stop']);
});

test('text that only begins like a secret is published unchanged with the next piece or at the end', () => {
  expect(play([piece('tasks'), piece(' and more'), piece(' and sk'), END])).toEqual([
    [],
    ['tasks', ' and more'],
    [],
    [' and sk', 'content_block_stop'],
  ]);
});

test('the growing answers of several sub-agents do not mix', () => {
  const received = play([
    piece('sk-ant-', 'text', 'a'),
    piece('hello', 'text', 'b'),
    piece('api03-AbC_dEf.', 'text', 'a'),
  ]);
  expect(received).toEqual([[], ['hello'], [stars('sk-ant-'), `${stars('api03-AbC_dEf')}.`]]);
});

test('an escape that is cut between two pieces is decoded', () => {
  const received = play(
    [piece('"x\\', 'partial_json'), piece('"secretly', 'partial_json'), END],
    ['x"secretly'],
  );
  expect(received.flat()).toEqual(['"**', '*********', 'content_block_stop']);
});

const PING: Body = { type: 'stream_event', event: { type: 'ping' } };

test('a line without text waits together with the pieces of a secret around it', () => {
  expect(play([piece('is sk-ant-'), PING, piece('api03-AbC_dEf.'), PING, END])).toEqual([
    [],
    [],
    [`is ${stars('sk-ant-')}`, 'ping', `${stars('api03-AbC_dEf')}.`],
    ['ping'],
    ['content_block_stop'],
  ]);
});

test('a secret that starts in the first text of a block is masked', () => {
  const start: Body = {
    type: 'stream_event',
    event: { type: 'content_block_start', content_block: { type: 'text', text: 'is sk-ant-api' } },
  };
  const deltas = createDeltaMasker(createMasker([KEY]));
  const published = [start, piece('03-AbC_dEf')].flatMap((body) =>
    deltas.push(JSON.stringify(body), body),
  );
  expect(JSON.parse(published[0] ?? '').event.content_block.text).toBe('is **********');
  expect(published.join('')).not.toContain('AbC_dEf');
});

test('a secret that two blocks share is published only in part', () => {
  expect(play([piece('is sk-'), END, piece('ant-api03-AbC_dEf!')])).toEqual([
    [],
    ['is sk-', 'content_block_stop'],
    [`${stars('ant-api03-AbC_dEf')}!`],
  ]);
  expect(play([piece('is sk-ant-api'), END])).toEqual([
    [],
    [`is ${stars('sk-ant-api')}`, 'content_block_stop'],
  ]);
});

test('a secret with a control sequence cut between pieces is masked', () => {
  const bodies = ['sk-ant-\u001b', '[0', 'mapi03-', 'AbC_dEf.'].map((text) => piece(text));
  expect(play(bodies).flat().join('')).toBe(`${'*'.repeat(KEY.length + 4)}.`);
});

test('no piece waits for too long', () => {
  const bodies = Array.from({ length: 300 }, () => piece('a'));
  const received = play(bodies, ['a'.repeat(1_000)]).flat();
  expect(received.length).toBeGreaterThan(250);
  expect(received.join('')).toBe('*'.repeat(received.length));
});

test('a secret is masked however it is cut, and no other text is lost', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(cuts, (sizes) => {
      const text = `before ${KEY} between ${KEY}${KEY} after`;
      const bodies: Body[] = [];
      for (let at = 0, index = 0; at < text.length; index += 1) {
        const end = at + (sizes[index] ?? 1);
        bodies.push(piece(text.slice(at, end)));
        at = end;
      }
      const received = play([...bodies, END]).flat();
      expect(received.join('')).toBe(`${text.replaceAll(KEY, stars(KEY))}content_block_stop`);
    }),
  );
});

// Secrets that may be longer than the text that waits at one time. Their pieces are as large as
// tokens, or smaller.
const longSecret = fc
  .string({ unit: fc.constantFrom(...'abcdef0123456789-_.'), minLength: 8, maxLength: 64 })
  .chain((unit) => fc.integer({ min: 1, max: 64 }).map((times) => `${unit}`.repeat(times)));

test('a secret of up to 4 KiB is masked whatever lines come between its pieces', () => {
  const cut = fc.record({ size: fc.integer({ min: 1, max: 5 }), hasPing: fc.boolean() });
  const cuts = fc.array(cut, { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(longSecret, cuts, (hidden, around) => {
      const text = `BEFORE ${hidden} AFTER`;
      const bodies: Body[] = [];
      for (let at = 0, index = 0; at < text.length; index += 1) {
        const { size, hasPing } = around[index % around.length] ?? { size: 1, hasPing: false };
        bodies.push(piece(text.slice(at, at + size)));
        if (hasPing) bodies.push(PING);
        at += size;
      }
      const published = play([...bodies, END], [hidden]).flat();
      const pieces = published.filter((one) => one !== 'ping' && one !== 'content_block_stop');
      expect(pieces.join('')).toBe(`BEFORE ${stars(hidden)} AFTER`);
      expect(published).toHaveLength(bodies.length + 1);
    }),
    { numRuns: 40 },
  );
}, 120_000);
