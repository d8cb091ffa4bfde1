// What API and worker need to read captures. It is apart from internal.ts, because the worker's capture thread imports
// this file alone: without the stores the thread starts faster.
export { CaptureCorruptError, CaptureFailedError } from './captures/capture-errors.ts';
export { findGit } from './captures/find-git.ts';
export {
  createGit,
  type Git,
  GitError,
  type GitOptions,
  type GitProcess,
  repositoryOf,
} from './captures/git.ts';
export {
  buildManifest,
  formatManifest,
  type Manifest,
  parseManifest,
} from './captures/manifest.ts';
export {
  type BatchObject,
  type ObjectBatch,
  openBatch,
  type Pieces,
} from './captures/object-batch.ts';
export { clearOwnPath, makeOwnFolder, readOwnFile } from './captures/own-file.ts';
export {
  listCommit,
  type ObjectReader,
  openObjects,
  type StoredEntry,
} from './captures/read-objects.ts';
export {
  addPacks,
  CAPTURE_REF,
  holdsCommit,
  prepareRepository,
  pruneRepository,
  removeRepository,
  treeOf,
  writeRef,
} from './captures/shadow-repository.ts';
export { fromStoredPath, MANIFEST_PATH, quotePath, toStoredPath } from './captures/stored-path.ts';
export type {
  EntryKind,
  LeftOutReason,
  TreeEntry,
  TreePath,
  TreeScan,
} from './captures/tree-entry.ts';
export { findHostErrno } from './runtime/host-errnos.ts';
