/** The workspace has more files or bytes than a capture may have. */
export class WorkspaceTooLargeError extends Error {
  override name = 'WorkspaceTooLargeError';
  readonly limit: 'files' | 'bytes';
  /** How much the scan had found when it stopped. */
  readonly found: number;

  constructor(limit: 'files' | 'bytes', found: number) {
    super(`the workspace has more than the allowed number of ${limit}: at least ${found}`);
    this.limit = limit;
    this.found = found;
  }
}
