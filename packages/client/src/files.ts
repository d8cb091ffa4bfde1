import { isBatonError } from './baton-error.ts';
import type { Caller } from './call.ts';
import type { CallOptions } from './options.ts';
import { checkId } from './session-path.ts';

/** An uploaded file, without its bytes. */
export interface UploadedFile {
  id: string;
  /** The name that the upload gave. */
  name?: string;
  bytes: number;
  /** SHA-256 of the bytes, in hex. */
  sha256: string;
  /** The type that the bytes have, such as `image/png` or `text/plain`. */
  media_type: string;
  created_at: string;
  /** When Baton removes the file unless a session uses it. Absent while a session or a schedule uses it. */
  expires_at?: string;
}

/** The calls for uploaded files, which sessions get with `files`. */
export interface FileCalls {
  /**
   * Uploads a file. If an answer is lost, the client uploads again; the file of the lost answer expires. The call may
   * take `timeoutMs` of the client or of the options.
   */
  upload(
    data: Blob | Uint8Array<ArrayBuffer> | string,
    options?: CallOptions & { name?: string | undefined },
  ): Promise<UploadedFile>;
  /** Describes a file. */
  get(id: string, options?: CallOptions): Promise<UploadedFile>;
  /** Downloads the bytes of a file. */
  download(id: string, options?: CallOptions): Promise<Blob>;
  /** Removes a file. Throws FILE_IN_USE if a session or a schedule uses it. */
  delete(id: string, options?: CallOptions): Promise<void>;
}

// One attempt may take as long as the whole call.
const attemptMs = Number.POSITIVE_INFINITY;

/** Creates the calls for uploaded files. */
export function createFileCalls(call: Caller): FileCalls {
  const one = (id: string) => `v1/files/${checkId(id)}`;

  return {
    async upload(bytes, { name, ...options } = {}) {
      const made = {
        method: 'POST',
        path: 'v1/files',
        query: { name },
        headers: { 'content-type': 'application/octet-stream' },
        bytes,
        attemptMs,
        isRepeatable: true,
      } as const;
      return (await call(made, options)).body as UploadedFile;
    },
    async get(id, options) {
      const read = { method: 'GET', path: one(id), isRepeatable: true } as const;
      return (await call(read, options)).body as UploadedFile;
    },
    async download(id, options) {
      const path = `${one(id)}/content`;
      const read = { method: 'GET', path, reads: 'blob', attemptMs, isRepeatable: true } as const;
      return (await call(read, options)).body as Blob;
    },
    async delete(id, options) {
      try {
        await call({ method: 'DELETE', path: one(id), isRepeatable: true }, options);
      } catch (error) {
        // After a lost answer, FILE_NOT_FOUND means that an earlier attempt removed the file.
        const isGone = isBatonError(error) && (error.code as string) === 'FILE_NOT_FOUND';
        if (!isGone || error.attempts === 1) throw error;
      }
    },
  };
}
