import { constants, createGzip } from 'node:zlib';
import { CaptureCorruptError, openObjects, type Pieces } from '@baton/core/captures';
import { pack as createPack, type Header, type Pack } from 'tar-stream';
import type { CaptureLease } from './capture-cache.ts';
import { toCaptureProblem } from './capture-problem.ts';
import { type CapturedEntry, isInGit, listTree, readManifest } from './captured-tree.ts';
import { concat } from './find-entry.ts';
import { toLosslessText } from './path-text.ts';

/** What goes into an archive. */
export interface ArchiveOptions {
  /** The commit of the capture, or null for an empty workspace. */
  commit: string | null;
  /** The time of all entries: a capture holds no times of files. */
  mtime: Date;
  /** Whether git directories are in the archive. */
  withGit: boolean;
}

/** A gzip stream of a tar archive. It ends with an error if the capture cannot be read. */
export type Archive = ReturnType<typeof createGzip>;

type EntryHeader = Partial<Header> & Pick<Header, 'name' | 'type'>;

const SYMLINK_MODE = 0o777;
const REGULAR = 0o100000;
const MAX_LINK_BYTES = 64 * 1024;
// The files of this many entries are asked for at once.
const BATCH = 1000;

/**
 * Writes the files of a capture as a compressed tar archive. It writes no faster than its reader reads. If the reader
 * destroys the archive, the writer stops git.
 *
 * @param onEnd Called once, when nothing is read from the capture any more. `error` is what broke the archive off.
 */
export function writeArchive(
  lease: CaptureLease,
  options: ArchiveOptions,
  onEnd: (error: unknown) => void,
): Archive {
  const tar = createPack();
  const archive = createGzip({ level: constants.Z_BEST_SPEED });
  archive.on('close', () => tar.destroy());
  tar.on('error', () => {});
  tar.on('data', (chunk) => {
    if (!archive.write(chunk as Buffer)) tar.pause();
  });
  archive.on('drain', () => tar.resume());
  tar.on('end', () => archive.end());
  writeEntries(tar, lease, options).then(
    () => onEnd(null),
    (error: unknown) => {
      const problem = toCaptureProblem(error);
      onEnd(archive.destroyed ? null : problem);
      archive.destroy(problem as Error);
    },
  );
  return archive;
}

async function writeEntries(
  tar: Pack,
  lease: CaptureLease,
  { commit, mtime, withGit }: ArchiveOptions,
): Promise<void> {
  if (commit !== null) {
    const manifest = await readManifest(lease, commit);
    for await (const listed of listTree({ ...lease, git: lease.streamGit }, commit, manifest)) {
      const entries = listed.filter(({ path }) => withGit || !isInGit(path));
      for (let at = 0; at < entries.length; at += BATCH) {
        await writeBatch(tar, lease, entries.slice(at, at + BATCH), mtime);
      }
    }
  }
  tar.finalize();
}

async function writeBatch(
  tar: Pack,
  lease: CaptureLease,
  entries: readonly CapturedEntry[],
  mtime: Date,
): Promise<void> {
  const oids = entries.flatMap(({ oid }) => (oid === undefined ? [] : [oid]));
  const reader = openObjects(lease.streamGit, lease.shadow, oids);
  try {
    for (const entry of entries) {
      const header = headerOf(entry, mtime);
      if (entry.oid === undefined) {
        await writeEntry(tar, header, []);
        continue;
      }
      const { size, pieces } = await reader.read(entry.oid);
      if (entry.type === 'file') {
        await writeEntry(tar, { ...header, size }, pieces);
        continue;
      }
      if (size > MAX_LINK_BYTES) throw new CaptureCorruptError('a symlink is too long');
      const linkname = toLosslessText((await concat(pieces)).toString('latin1'));
      await writeEntry(tar, { ...header, linkname }, []);
    }
  } finally {
    await reader.close();
  }
}

function headerOf({ type, path, mode = SYMLINK_MODE }: CapturedEntry, mtime: Date): EntryHeader {
  // tar-stream takes mode 0 for no mode. It writes only the permission bits.
  return { name: toLosslessText(path), type, mode: mode | REGULAR, mtime };
}

/** Writes an entry. Resolves once the archive has taken it, and rejects if the archive is destroyed. */
function writeEntry(tar: Pack, header: EntryHeader, pieces: Pieces): Promise<void> {
  return new Promise((resolve, reject) => {
    const entry = tar.entry(header, (error) => (error ? reject(error) : resolve()));
    // The callback of the entry says why.
    entry.on('error', () => {});
    const write = async () => {
      for await (const piece of pieces) {
        if (entry.destroyed) return;
        if (!entry.write(piece)) await untilDrained(entry);
      }
      if (header.type === 'file') entry.end(null);
    };
    write().catch((error: unknown) => {
      entry.destroy(error as Error);
      reject(error as Error);
    });
  });
}

function untilDrained(entry: ReturnType<Pack['entry']>): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      entry.off('drain', finish);
      entry.off('close', finish);
      resolve();
    };
    entry.on('drain', finish);
    entry.on('close', finish);
  });
}
