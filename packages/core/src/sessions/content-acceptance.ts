// Accepts the content of a request: checks its files, and stores the bytes that came with the request.
import { CONTENT_MAX_BYTES, type ContentBlock, isFileBlock } from '../model/content/content.ts';
import type { ContentDraft } from '../model/content/content-draft.ts';
import { checkContentType } from '../model/content/content-types.ts';
import { AppError } from '../model/errors/app-error.ts';
import { createTypeFinder } from '../model/files/media-type.ts';
import { DEFAULT_TENANT } from '../model/job/idempotency.ts';
import { defined } from '../model/schema/defined.ts';
import type { FileStore } from '../store/file-store.ts';

/** Accepts content before anything is queued. */
export interface ContentAcceptance {
  /**
   * Checks the files of a draft, and stores the bytes that the request brought along. Returns the blocks as they are
   * stored; a block without a title gets the name of its file. The caller then pins the files. If the process dies
   * before that, the files expire. `tenant` is the tenant whose files may be used; default: every tenant.
   *
   * Throws FILE_NOT_FOUND, CONTENT_TYPE_NOT_SUPPORTED and PAYLOAD_TOO_LARGE, which name the field, and UNAVAILABLE.
   */
  store(draft: ContentDraft, tenant: string | undefined): Promise<ContentBlock[]>;
}

/** What is known of the file of a block. */
interface FileFacts {
  bytes: number;
  media_type: string;
  name?: string | undefined;
}

/** Creates the acceptance of content over the store of files. */
export function createContentAcceptance(files: Pick<FileStore, 'get' | 'put'>): ContentAcceptance {
  async function readFacts(
    { blocks, uploads }: ContentDraft,
    tenant: string | undefined,
  ): Promise<Map<number, FileFacts>> {
    const facts = new Map<number, FileFacts>();
    for (const { index, bytes } of uploads) {
      facts.set(index, { bytes: bytes.length, media_type: await findType(bytes) });
    }
    for (const [index, block] of blocks.entries()) {
      if (!isFileBlock(block) || facts.has(index)) continue;
      const file = await files.get(block.source.file_id, tenant);
      if (!file) throw fileNotFound(block.source.file_id, index);
      facts.set(index, file);
    }
    return facts;
  }

  async function put(
    { index, bytes }: ContentDraft['uploads'][number],
    facts: FileFacts | undefined,
    { name, tenant = DEFAULT_TENANT }: { name: string | undefined; tenant: string | undefined },
  ): Promise<[number, string]> {
    const file = { tenant, ...defined({ name, mediaType: facts?.media_type }) };
    const stored = await files.put({ ...file, pieces: onePiece(bytes), maxBytes: bytes.length });
    return [index, stored.id];
  }

  return {
    async store(draft, tenant) {
      const facts = await readFacts(draft, tenant);
      checkFacts(draft, facts);
      const ids = new Map<number, string>();
      for (const upload of draft.uploads) {
        const block = draft.blocks[upload.index];
        const name = block && isFileBlock(block) ? block.title : undefined;
        ids.set(...(await put(upload, facts.get(upload.index), { name, tenant })));
      }
      const blocks = draft.blocks.map((block, index): ContentBlock => {
        if (!isFileBlock(block)) return block;
        const file_id = ids.get(index) ?? block.source.file_id;
        const title = block.title ?? facts.get(index)?.name;
        return { type: block.type, source: { type: 'file', file_id }, ...defined({ title }) };
      });
      return blocks;
    },
  };
}

function checkFacts(
  { blocks, claimedTypes }: ContentDraft,
  facts: ReadonlyMap<number, FileFacts>,
): void {
  for (const [index, { media_type }] of facts) {
    const kind = blocks[index]?.type === 'image' ? 'image' : 'document';
    checkContentType({ kind, index, actual: media_type, claimed: claimedTypes.get(index) });
  }
  const bytes = [...facts.values()].reduce((sum, file) => sum + file.bytes, 0);
  if (bytes <= CONTENT_MAX_BYTES) return;
  throw new AppError(
    'PAYLOAD_TOO_LARGE',
    `content: expected files of at most ${CONTENT_MAX_BYTES} bytes together, got ${bytes}`,
    { details: { field: 'content', limit: CONTENT_MAX_BYTES, bytes } },
  );
}

function findType(bytes: Buffer): Promise<string> {
  const finder = createTypeFinder();
  finder.add(bytes);
  return finder.find();
}

async function* onePiece(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

function fileNotFound(id: string, index: number): AppError {
  const field = `content.${index}.source.file_id`;
  return new AppError('FILE_NOT_FOUND', `${field}: no file ${id}, or it has expired`, {
    details: { field },
  });
}
