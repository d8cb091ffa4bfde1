import type { Binary, Collection, Db, ObjectId } from 'mongodb';
import type { StoredFile } from '../model/files/stored-file.ts';
import { defined } from '../model/schema/defined.ts';

/** The name of the GridFS bucket of uploaded files. */
const FILES_BUCKET = 'files';

/**
 * The life of an uploaded file's document:
 * - `uploading`: its bytes are on their way.
 * - `stored`: it has all its bytes. A file of at most one chunk has this state from its first write on, because nobody
 *   knows its id until it has its bytes.
 * - `removing`: its bytes are being removed. No file leaves this state.
 */
type FileState = 'uploading' | 'stored' | 'removing';

/** A document of GridFS's collection of files. Its chunks lie in another collection. */
export interface FileDocument {
  _id: string;
  length: number;
  chunkSize: number;
  uploadDate: Date;
  filename: string;
  metadata: {
    state: FileState;
    tenant: string;
    sha256?: string;
    media_type?: string;
    name?: string;
    claimed_type?: string;
    /** When the maintenance looks at the file. Absent: the file is in use. */
    expires_at?: Date;
    /** Changes with every pin, so that a release can tell that none came between its look and its write. */
    pinned_by?: string;
  };
}

/** A document of GridFS's collection of chunks. */
export interface FileChunkDocument {
  _id: ObjectId;
  files_id: string;
  n: number;
  data: Binary;
}

/** The mark that a session or a schedule uses a file. `_id` is made of the ids of both. */
export interface FilePinDocument {
  _id: string;
  file_id: string;
  session_id: string;
  created_at: Date;
  /** When the maintenance checks that what uses the file exists. Absent: it did. */
  check_at?: Date;
}

/** The collections of uploaded files. */
export interface FileCollections {
  files: Collection<FileDocument>;
  chunks: Collection<FileChunkDocument>;
  pins: Collection<FilePinDocument>;
}

/** Returns the collections of uploaded files of a database. */
export function fileCollections(db: Db): FileCollections {
  return {
    files: db.collection<FileDocument>(`${FILES_BUCKET}.files`),
    chunks: db.collection<FileChunkDocument>(`${FILES_BUCKET}.chunks`),
    pins: db.collection<FilePinDocument>('file_pins'),
  };
}

/** Creates the indexes of uploaded files. May be called again. The chunks have the index that GridFS requires. */
export async function ensureFileIndexes(db: Db): Promise<void> {
  const { files, chunks, pins } = fileCollections(db);
  await files.createIndexes([
    { key: { 'metadata.expires_at': 1 }, sparse: true },
    { key: { 'metadata.tenant': 1, 'metadata.expires_at': 1 } },
  ]);
  await chunks.createIndex({ files_id: 1, n: 1 }, { unique: true });
  await pins.createIndexes([
    { key: { file_id: 1 } },
    { key: { session_id: 1 } },
    { key: { check_at: 1 }, sparse: true },
  ]);
}

/** Returns a stored file without what only this database needs. */
export function toStoredFile({
  _id: id,
  length: bytes,
  uploadDate,
  metadata,
}: FileDocument): StoredFile {
  const { tenant, sha256 = '', media_type = '', name, expires_at } = metadata;
  return {
    ...{ id, tenant, bytes, sha256, media_type, created_at: uploadDate },
    ...defined({ name, expires_at }),
  };
}
