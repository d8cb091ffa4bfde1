import { findUnknownFeatures, UnknownFeaturesError } from '../model/config/required-features.ts';
import type { Session } from '../model/session/session.ts';
import type { SessionDocument } from './mongo.ts';
import { readDocument } from './read-document.ts';
import { sessionDocumentSchema } from './session-document-schema.ts';

// JSON of callers and of the CLI may hold keys ("$ref", "a.b") and depths that BSON does not take:
// at these places it is stored as text. Nobody queries inside them.
const FREE_JSON: readonly (readonly string[])[] = [
  ['config', 'mcp_config'],
  ['config', 'json_schema'],
  ['config', 'settings'],
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

/** Fields of a session as they are stored. */
export function encodeFields<T extends Partial<Session>>(fields: T): T {
  return mapFreeJson(fields as Tree, (value) => JSON.stringify(value)) as T;
}

/** A session as it is stored. */
export function encodeSession({ id, ...fields }: Session): SessionDocument {
  return { _id: id, ...encodeFields(fields) };
}

/**
 * The session that a document stores. Throws INTERNAL where the document cannot be read as one; an
 * UnknownFeaturesError is the cause where the document requires a newer version, which may store another form.
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

/** The fields of a session that a projection of its document holds; their presence is not checked. */
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
