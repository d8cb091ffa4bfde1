import type { Masker } from '../masking/masker.ts';

/** Who receives the reports of files that cannot be copied. */
export interface SkippedFileListeners {
  /** Called once for each file that cannot be read. */
  onUnreadable(path: string, error: unknown): void;
  /** Called once for each file that is left out because its path holds a secret; the path is masked. */
  onSecretPath?(maskedPath: string): void;
}

/** Reports each file that cannot be copied once: a file is tried again with every copy. */
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
     * Says whether a path holds no secret, and reports a path that holds one. A masked path would be another
     * file's once it is restored, so a file with a secret in its path is not copied.
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
