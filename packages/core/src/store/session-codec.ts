import { findUnknownFeatures, UnknownFeaturesError } from '../model/config/required-features.ts';
import type { Session } from '../model/session/session.ts';
import type { SessionDocument } from './mongo.ts';
import { readDocument } from './read-document.ts';
import { sessionDocumentSchema } from './session-document-schema.ts';

// JSON of callers and of the CLI may hold keys ("$ref", "a.b") and depths that BSON does not allow.
// So these fields are stored as text. No query looks inside them.
const FREE_JSON: readonly (readonly string[])[] = [
  ['config', 'mcp_config'],
  ['config', 'json_schema'],
  ['config', 'settings'],
  ['config', 'agents'],
  ['metadata'],
  ['result', 'structured_output'],
  ['result', 'permission_denials'],
  ['result', 'modelUsage'],
  ['last_result', 'structured_output'],
  ['last_result', 'permission_denials'],
  ['last_result', 'modelUsage'],
];

type Tree = Record<string, unknown>;

function mapAt(tree: Tree, path: readonly string[], map: (value: unknown) => unknown): Tree {
  const [key, ...rest] = path;
  if (key === undefined || tree[key] === undefined || tree[key] === null) return tree;
  const value = rest.length === 0 ? map(tree[key]) : mapAt(tree[key] as Tree, rest, map);
  return { ...tree, [key]: value };
}

function mapFreeJson(tree: Tree, map: (value: unknown) => unknown): Tree {
  return FREE_JSON.reduce((mapped, path) => mapAt(mapped, path, map), tree);
}

/** Encodes fields of a session for storage. */
export function encodeFields<T extends Partial<Session>>(fields: T): T {
  return mapFreeJson(fields as Tree, (value) => JSON.stringify(value)) as T;
}

/** Encodes a session for storage. */
export function encodeSession({ id, ...fields }: Session): SessionDocument {
  return { _id: id, ...encodeFields(fields) };
}

/**
 * Decodes a session document. Throws INTERNAL if the document cannot be read as a session. The
 * error's cause is an UnknownFeaturesError if the document requires a newer version of Baton, which
 * may store another form.
 */
export function decodeSession(document: SessionDocument): Session {
  return readDocument(document, {
    collection: 'sessions',
    form: sessionDocumentSchema,
    decode,
    explain: explainUnknownFeatures,
  });
}

function explainUnknownFeatures(document: SessionDocument): UnknownFeaturesError | undefined {
  const unknown = findUnknownFeatures(document);
  return unknown.length > 0 ? new UnknownFeaturesError(unknown) : undefined;
}

/** Decodes a projection of a session document. Does not check that the fields are present. */
export function decodeProjection<K extends keyof Session>(
  document: Pick<SessionDocument, '_id' | Exclude<K, 'id'>>,
): Pick<Session, 'id' | K> {
  return decode(document as SessionDocument);
}

function decode({ _id, ...fields }: SessionDocument): Session {
  const decoded = mapFreeJson(fields as Tree, (value) =>
    typeof value === 'string' ? JSON.parse(value) : value,
  );
  return { id: _id, ...(decoded as Omit<Session, 'id'>) };
}
