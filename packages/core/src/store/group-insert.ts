import {
  BSON,
  type Collection,
  type Document,
  MongoBulkWriteError,
  MongoInvalidArgumentError,
  type OptionalUnlessRequiredId,
} from 'mongodb';

/**
 * The maximum number of documents and bytes in one insert command. A single document may be larger.
 */
const GROUP_MAX_DOCUMENTS = 256;
const GROUP_MAX_BYTES = 8 * 1024 * 1024;

interface Waiting<T> {
  document: T;
  bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Inserts the documents of many callers with few commands. At most `atOnce` commands (default 1)
 * run at a time. Documents that arrive while these commands run have to wait, and the next command
 * inserts them together. Returns a function that inserts one document of about `bytes` bytes and
 * resolves once the document is stored. The function rejects with the server's error for this
 * document, or with the error of the whole command.
 */
export function createGroupInsert<T extends Document>(
  collection: Collection<T>,
  { atOnce = 1 }: { atOnce?: number } = {},
): (document: T, bytes: number) => Promise<void> {
  const waiting: Waiting<T>[] = [];
  let writers = 0;

  function takeGroup(): Waiting<T>[] {
    let bytes = 0;
    let count = 0;
    for (const one of waiting) {
      bytes += one.bytes;
      if (count === GROUP_MAX_DOCUMENTS || (count > 0 && bytes > GROUP_MAX_BYTES)) break;
      count += 1;
    }
    return waiting.splice(0, count);
  }

  async function write(group: readonly Waiting<T>[]): Promise<void> {
    // The driver writes an `_id` into the objects that it inserts, so it gets copies.
    const documents = group.map(({ document }) => ({ ...document }) as OptionalUnlessRequiredId<T>);
    const refused = await collection.insertMany(documents, { ordered: false }).then(
      () => new Map<number, unknown>(),
      // If the driver refused one document, it sent nothing. Then each document is sent alone.
      (error: unknown) =>
        group.length > 1 && isUnsendable(error) ? null : findRefusals(error, group.length),
    );
    if (refused === null) {
      for (const one of group) await write([one]);
      return;
    }
    for (const [index, { resolve, reject }] of group.entries()) {
      if (refused.has(index)) reject(refused.get(index));
      else resolve();
    }
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) await write(takeGroup());
    writers -= 1;
  }

  return (document, bytes) =>
    new Promise((resolve, reject) => {
      waiting.push({ document, bytes, resolve, reject });
      // Writing starts at the end of this turn of the event loop, so that the documents of one turn
      // share a command.
      if (writers === atOnce || waiting.length > 1) return;
      writers += 1;
      queueMicrotask(writeAll);
    });
}

/**
 * Returns whether the driver itself refused a document. In that case, the driver sent nothing to
 * the server.
 */
function isUnsendable(error: unknown): boolean {
  return error instanceof BSON.BSONError || error instanceof MongoInvalidArgumentError;
}

function findRefusals(error: unknown, count: number): Map<number, unknown> {
  if (error instanceof MongoBulkWriteError && !error.result.getWriteConcernError()) {
    const errors = [error.writeErrors].flat();
    if (errors.length > 0) return new Map(errors.map((one) => [one.index, toError(one, error)]));
  }
  return new Map(Array.from({ length: count }, (_, index) => [index, error]));
}

function toError({ code, errmsg }: { code: number; errmsg?: string | undefined }, cause: unknown) {
  return Object.assign(new Error(errmsg ?? 'the server refused a document', { cause }), { code });
}
