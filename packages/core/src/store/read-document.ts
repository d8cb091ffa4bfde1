// Reads stored documents one by one. One bad document, for example a document that a person wrote
// in a shell, must not fail a read of many documents.
import type { z } from 'zod';
import { AppError } from '../model/errors/app-error.ts';
import { defined } from '../model/schema/defined.ts';
import { issueMessage } from '../model/schema/issue-message.ts';
import { describeIssue } from '../model/schema/parse-input.ts';
import type { Logger } from '../runtime/log.ts';

/**
 * How many unreadable documents a list remembers, so that the list logs each unreadable document
 * only once.
 */
const REMEMBERED = 1_000;

/**
 * The logger of a store's lists. Without a logger, lists leave out unreadable documents silently.
 */
export interface ListOptions {
  log?: Pick<Logger, 'error'> | undefined;
}

/**
 * Decodes a document of a collection. Throws INTERNAL, which names the document and the field, if
 * the document does not have the given form or cannot be decoded. A form holds only the fields that
 * readers rely on, because a document of a later version must stay readable.
 */
export function readDocument<D extends { _id: unknown }, T>(
  document: D,
  {
    collection,
    form,
    decode,
    explain = () => undefined,
  }: {
    collection: string;
    form: z.ZodType;
    decode: (from: D) => T;
    /** Returns the cause of the error for a document that does not have the given form. */
    explain?: (document: D) => Error | undefined;
  },
): T {
  const subject = `document ${String(document._id)} of ${collection} cannot be read`;
  const checked = form.safeParse(document, { error: issueMessage });
  if (!checked.success) {
    const { field, message } = describeIssue(checked.error);
    throw new AppError('INTERNAL', `${subject}: ${field}: ${message}`, {
      details: { field },
      ...defined({ cause: explain(document) }),
    });
  }
  try {
    return decode(document);
  } catch (cause) {
    throw new AppError('INTERNAL', subject, { cause });
  }
}

/**
 * Creates a function that reads the documents of a list one by one. It leaves out each unreadable
 * document, and logs it once with its collection and id.
 */
export function createListReader<D extends { _id: unknown }, T>(
  collection: string,
  read: (document: D) => T,
  { log }: ListOptions = {},
): (documents: readonly D[]) => T[] {
  const logged = new Set<string>();

  function note(id: string, error: unknown): void {
    if (logged.has(id)) return;
    if (logged.size >= REMEMBERED) logged.clear();
    logged.add(id);
    log?.error(
      { err: error, collection, document_id: id },
      'a stored document cannot be read: lists leave it out',
    );
  }

  return (documents) =>
    documents.flatMap((document) => {
      try {
        return [read(document)];
      } catch (error) {
        note(String(document._id), error);
        return [];
      }
    });
}
