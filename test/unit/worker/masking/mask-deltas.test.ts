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

/** What each body makes come out, as the texts of the pieces; other lines by their type. */
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

test.each(['text', 'thinking', 'partial_json'])(
  'a secret in pieces of %s is blotted out',
  (field) => {
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
  },
);

test('letter by letter', () => {
  const told = play([...[...`a${KEY}b`].map((letter) => piece(letter)), END]).flat();
  expect(told).toEqual(['a', ...stars(KEY), 'b', 'content_block_stop']);
});

test('what only begins like one is told as it came, at its end or with the next piece', () => {
  expect(play([piece('tasks'), piece(' and more'), piece(' and sk'), END])).toEqual([
    [],
    ['tasks', ' and more'],
    [],
    [' and sk', 'content_block_stop'],
  ]);
});

test('answers of sub-agents that grow at once do not mix', () => {
  const told = play([
    piece('sk-ant-', 'text', 'a'),
    piece('hello', 'text', 'b'),
    piece('api03-AbC_dEf.', 'text', 'a'),
  ]);
  expect(told).toEqual([[], ['hello'], [stars('sk-ant-'), `${stars('api03-AbC_dEf')}.`]]);
});

test('an escape that pieces cut is followed', () => {
  const told = play(
    [piece('"x\\', 'partial_json'), piece('"secretly', 'partial_json'), END],
    ['x"secretly'],
  );
  expect(told.flat()).toEqual(['"**', '*********', 'content_block_stop']);
});

test('no piece waits for ever', () => {
  const bodies = Array.from({ length: 300 }, () => piece('a'));
  const told = play(bodies, ['a'.repeat(1_000)]).flat();
  expect(told.length).toBeGreaterThan(250);
  expect(told.join('')).toBe('*'.repeat(told.length));
});

test('however a secret is cut, no letter of it is told, and nothing is lost', () => {
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
      const told = play([...bodies, END]).flat();
      expect(told.join('')).toBe(`${text.replaceAll(KEY, stars(KEY))}content_block_stop`);
    }),
  );
});
