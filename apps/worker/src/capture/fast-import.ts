import { CAPTURE_REF, type Git, quotePath } from '@baton/core/captures';

const OID = /^[0-9a-f]{40}$/;
const ZEROS = Buffer.alloc(64 * 1024);

// Thousands of small files would otherwise be thousands of small writes to the pipe.
const BATCH_BYTES = 256 * 1024;

/** A commit that is being written, change by change. Paths are paths in the tree of the capture (latin1). */
export interface CommitWriter {
  /** Removes a file or a symlink. Does nothing if the commit has none at this path. */
  remove(path: string): Promise<void>;
  /**
   * Writes a file or a symlink of `size` bytes. If the pieces hold fewer bytes, zeros fill the rest;
   * if they hold more, the rest is not written. Returns false in both cases.
   */
  write(
    path: string,
    mode: '100644' | '100755' | '120000',
    size: number,
    pieces: Iterable<Buffer>,
  ): Promise<boolean>;
  /** Ends the commit, and returns its id and the id of its tree. */
  finish(): Promise<{ commit: string; tree: string }>;
  /** Ends git without a commit. */
  abort(): Promise<void>;
}

/**
 * Starts a commit on the capture ref. Without a parent, the commit is the first of its history. Without a tree, the commit
 * begins empty.
 */
export async function openCommit(
  git: Git,
  shadow: string,
  { parent, tree }: { parent: string | null; tree: string | null },
): Promise<CommitWriter> {
  const child = git.start(shadow, [
    'fast-import',
    '--quiet',
    '--done',
    '--force',
    // No deltas: `git pack-objects` later makes better deltas.
    '--depth=0',
    '--date-format=raw',
  ]);
  const output = collect(child.output);
  output.catch(() => {});

  let batch: Buffer[] = [];
  let batched = 0;

  async function flush(): Promise<void> {
    const data = Buffer.concat(batch);
    batch = [];
    batched = 0;
    await child.write(data);
  }

  async function send(data: string | Buffer): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    batch.push(bytes);
    batched += bytes.length;
    if (batched >= BATCH_BYTES) await flush();
  }

  await send(
    [
      `commit ${CAPTURE_REF}`,
      'mark :1',
      'committer Baton <baton@localhost> 0 +0000',
      'data 0',
      ...(parent === null ? [] : [`from ${parent}`]),
      tree === null ? 'deleteall' : `M 040000 ${tree} ""`,
      '',
    ].join('\n'),
  );

  return {
    remove: (path) => send(`D ${quotePath(path)}\n`),
    async write(path, mode, size, pieces) {
      await send(`M ${mode} inline ${quotePath(path)}\ndata ${size}\n`);
      let left = size;
      let isExact = true;
      for (const piece of pieces) {
        if (piece.length > left) isExact = false;
        const part = piece.subarray(0, left);
        left -= part.length;
        // The reader may use one buffer for all its pieces.
        if (part.length > 0) await send(Buffer.from(part));
        if (!isExact) break;
      }
      if (left > 0) isExact = false;
      while (left > 0) {
        const part = ZEROS.subarray(0, Math.min(left, ZEROS.length));
        left -= part.length;
        await send(part);
      }
      await send('\n');
      return isExact;
    },
    async finish() {
      await send('ls ""\n\nget-mark :1\ndone\n');
      await flush();
      child.end();
      await child.ended;
      const [listed = '', commit = ''] = (await output).split('\n');
      const made = listed.split(/[ \t]/)[2] ?? '';
      if (!OID.test(commit) || !OID.test(made)) throw new Error('git fast-import named no commit');
      return { commit, tree: made };
    },
    async abort() {
      child.kill();
      await child.ended.catch(() => {});
    },
  };
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('latin1');
}
