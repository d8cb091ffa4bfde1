import { describe, expect, test } from 'vitest';
import { compareMessages } from '../../../../apps/worker/src/attempt/settle-earlier-messages.ts';

const uuids = new Set(['in the transcript']);
const cutIds = new Set(['cut', 'in the transcript']);
const compare = (seq: number, id = 'a message') =>
  compareMessages([{ id, seq }], [], { uuids, cutIds, superseded: [{ from: 5, to: 9 }] });

describe('a message that an earlier attempt delivered', () => {
  test.for([5, 9])('is lost if its event %i no longer counts', (seq) => {
    expect(compare(seq)).toEqual({ lost: ['a message'], found: [] });
  });

  test.for([4, 10])('stays delivered if its event %i counts', (seq) => {
    expect(compare(seq)).toEqual({ lost: [], found: [] });
  });

  test('is lost if it was cut from the transcript, although its event counts', () => {
    expect(compare(4, 'cut')).toEqual({ lost: ['cut'], found: [] });
  });

  test('stays delivered if the transcript holds it', () => {
    expect(compare(7, 'in the transcript')).toEqual({ lost: [], found: [] });
  });
});

test('a pending message is found if the transcript holds it', () => {
  const pending = ['in the transcript', 'not sent'].map((id) => ({ id, bytes: 1 }));
  expect(compareMessages([], pending, { uuids, cutIds, superseded: [] })).toEqual({
    lost: [],
    found: ['in the transcript'],
  });
});
