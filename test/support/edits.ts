// A session whose model edits files as a test releases the edits, so that a worker can be lost in the middle of one.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTINUATION_PROMPT } from '../../apps/worker/src/attempt/resume-or-restart.ts';
import { text, toolUse } from './messages-api/reply.ts';
import type { MessagesRequest } from './messages-api/request.ts';
import { commandsIn, type Travelling } from './travelling.ts';
import { waitFor } from './wait.ts';

/** A session that edits files as a test releases its edits, and its model after the worker is lost. */
export interface Edits {
  query: string;
  /** Has the model make the edit of this number (1 = the first). Resolves once the edit has begun. */
  begin(number: number): Promise<void>;
  /** Lets the edit that has begun end. */
  end(number: number): Promise<void>;
  /** Resolves with the first request of the next attempt. The model answers it once `finish` is called. */
  resumed: Promise<MessagesRequest>;
  finish(): void;
}

/** Creates a session's edits on a host. Edit N writes the file `edit-N`. `first` is a command that precedes edit 1. */
export function createEdits(
  { hosts, plays }: Pick<Travelling, 'hosts' | 'plays'>,
  host: string,
  first = 'true',
): Edits {
  const gate = (number: number) => join(hosts.disk, `tmp/edits-${id}-${number}`);
  const begun: PromiseWithResolvers<void>[] = [];
  const wanted = (number: number) => (begun[number] ??= Promise.withResolvers());
  const resumed = Promise.withResolvers<MessagesRequest>();
  const finished = Promise.withResolvers<void>();
  const query = plays(async (request) => {
    if (request.prompt.startsWith(CONTINUATION_PROMPT)) {
      resumed.resolve(request);
      await finished.promise;
      return text('Done.');
    }
    const number = commandsIn(request).length + 1;
    await wanted(number).promise;
    const edit = editCommand(number, gate(number));
    const command = number === 1 ? `${first} && ${edit}` : edit;
    return toolUse('Bash', { command }, { id: editId(number) });
  });
  const id = query.replace(/\D/g, '');
  return {
    query,
    async begin(number) {
      wanted(number).resolve();
      const fifo = hosts.get(host).pathOf(gate(number));
      await waitFor(`edit ${number} to begin`, () => existsSync(fifo));
    },
    end: (number) => writeFile(hosts.get(host).pathOf(gate(number)), '\n'),
    resumed: resumed.promise,
    finish: finished.resolve,
  };
}

/** What a file holds after its edit has begun, and after it has ended. */
export const [BEGUN, ENDED] = ['begun', 'begun and ended'];

function editCommand(number: number, gate: string): string {
  const file = `edit-${number}`;
  return `printf begun > ${file}; mkfifo ${gate}; read line < ${gate}; printf ' and ended' >> ${file}`;
}

/** Returns the id of the tool call of an edit. */
export function editId(number: number): string {
  return `toolu_of_edit_${number}_`;
}
