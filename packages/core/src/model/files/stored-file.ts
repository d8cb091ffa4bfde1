import { z } from 'zod';
import { defined } from '../schema/defined.ts';
import { idSchema } from '../schema/id.ts';

/** The maximum length of the name of an uploaded file, in characters. */
export const FILE_NAME_MAX = 255;

/** An uploaded file, without its bytes. */
export interface StoredFile {
  id: string;
  /** The tenant of the key that uploaded the file. */
  tenant: string;
  bytes: number;
  /** SHA-256 of the bytes, in hex. */
  sha256: string;
  /** The type that the bytes have, whatever the upload claimed. */
  media_type: string;
  /** The name that the upload gave. Baton only shows it: no path is built from it. */
  name?: string;
  created_at: Date;
  /** When Baton removes the file if no session uses it. Absent while a session or a schedule uses it. */
  expires_at?: Date;
}

/** The use of a file by a request. `field` is the dotted path of the file's id in that request. */
export interface FileUse {
  id: string;
  field: string;
}

/** What uses files: a session, or a schedule, whose launch will. */
export interface FileUser {
  /** The id of the session or the schedule. */
  session_id: string;
  /** Only files of this tenant can be used. Absent: files of every tenant can. */
  tenant?: string | undefined;
}

/** Schema of the name of an uploaded file: it is only shown, and has no control characters. */
export const fileNameSchema = z
  .string()
  .min(1, 'expected a name')
  .max(FILE_NAME_MAX)
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, 'expected a name without control characters');

/** Schema of an uploaded file as the API shows it. */
export const fileViewSchema = z
  .object({
    id: idSchema,
    name: z
      .string()
      .optional()
      .describe('The name that the upload gave. Baton only shows it; no path is built from it.'),
    bytes: z.int().nonnegative(),
    sha256: z.string().describe('SHA-256 of the bytes, in hex.'),
    media_type: z
      .string()
      .describe(
        'The type that the bytes have, whatever the upload claimed: for example `image/png`, `text/plain` for UTF-8 text, or `application/octet-stream`.',
      ),
    created_at: z.iso.datetime(),
    expires_at: z.iso
      .datetime()
      .optional()
      .describe(
        'When Baton removes the file unless a session uses it. Absent while a session or a schedule uses the file.',
      ),
  })
  .meta({ id: 'File' });

/** An uploaded file as the API shows it. */
export type FileView = z.infer<typeof fileViewSchema>;

/** Returns a file as the API shows it: without its tenant. */
export function toFileView({
  id,
  name,
  bytes,
  sha256,
  media_type,
  ...times
}: StoredFile): FileView {
  return {
    id,
    ...defined({ name }),
    bytes,
    sha256,
    media_type,
    created_at: times.created_at.toISOString(),
    ...defined({ expires_at: times.expires_at?.toISOString() }),
  };
}
