import { describe, expect, test } from 'vitest';
import { isEntryOf } from '../../../../apps/worker/src/transcript/entry-of.ts';

const UUID = '0197f0a0-1111-7000-8000-0000000000aa';
const OTHER = '0197f0a0-1111-7000-8000-0000000000bb';

describe('a line of a transcript', () => {
  test.each<[what: string, entry: object | string, isEntry: boolean]>([
    ['with the uuid', { type: 'user', uuid: UUID }, true],
    ['of an attachment that names the message', attachment({ source_uuid: UUID }), true],
    ['that merged the message', { type: 'user', uuid: OTHER, mergedSendUuids: [UUID] }, true],
    ['that a compaction stored again', { type: 'user', uuid: OTHER, sentAsUuid: UUID }, true],
    ['that follows it', { type: 'assistant', uuid: OTHER, parentUuid: UUID }, false],
    ['with the uuid inside a result', { uuid: OTHER, toolUseResult: { uuid: UUID } }, false],
    ['that only quotes it', { uuid: OTHER, message: { content: `"uuid":"${UUID}"` } }, false],
    ['of the queue', { type: 'queue-operation', operation: 'enqueue', content: UUID }, false],
    ['that is not JSON', `{"uuid":"${UUID}"`, false],
    ['that is not an object', `["${UUID}"]`, false],
  ])('%s is the entry of an event: %#', (_what, entry, isEntry) => {
    const line = typeof entry === 'string' ? entry : JSON.stringify(entry);
    expect(isEntryOf(line, UUID)).toBe(isEntry);
  });
});

function attachment(fields: object): object {
  return { type: 'attachment', uuid: OTHER, attachment: { type: 'queued_command', ...fields } };
}
