import type { Masker } from '../masking/masker.ts';

/** The listeners for files that are not copied. */
export interface SkippedFileListeners {
  /** Called once for each file that cannot be read. */
  onUnreadable(path: string, error: unknown): void;
  /** Called once for each file that is left out because its path holds a secret; the path is masked. */
  onSecretPath?(maskedPath: string): void;
}

/** Creates reports of skipped files. Each file is reported once, although every copy tries it again. */
export function createSkippedFileReports(
  masker: Pick<Masker, 'text'>,
  { onUnreadable, onSecretPath }: SkippedFileListeners,
) {
  const reported = new Set<string>();
  return {
    /** Reports that a file cannot be read. */
    unreadable(path: string, error: unknown): void {
      if (reported.has(path)) return;
      reported.add(path);
      onUnreadable(path, error);
    },
    /**
     * Returns whether a path holds no secret, and reports a path that holds a secret. A file with a
     * secret in its path is not copied: it could only be restored under its masked path, as a
     * different file.
     */
    mayBeNamed(path: string): boolean {
      const masked = masker.text(path);
      if (masked === path) return true;
      if (!reported.has(path)) onSecretPath?.(masked);
      reported.add(path);
      return false;
    },
  };
}
