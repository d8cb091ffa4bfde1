// Finds the files that git would not add, because an ignore file names them.
import type { TreePath } from '@baton/core/captures';
import { createIgnoreRules, type IgnoreRules } from '../capture/ignore-rules.ts';

/**
 * Returns a check whether git ignores a file.
 *
 * @param gitignores The contents of the ignore files, by the directories that they lie in; the top is the empty text.
 */
export function createIgnoredCheck(
  gitignores: ReadonlyMap<TreePath, string>,
): (path: TreePath) => boolean {
  // Null stands for a directory that is ignored, so that nothing in it is looked at.
  const known = new Map<TreePath, IgnoreRules | null>([
    ['', createIgnoreRules('', null, gitignores.get('') ?? null)],
  ]);

  function rulesIn(directory: TreePath): IgnoreRules | null {
    const found = known.get(directory);
    if (found !== undefined) return found;
    const above = rulesIn(parentOf(directory));
    const rules = above?.ignores(directory, true)
      ? null
      : (above?.enter(directory, gitignores.get(directory) ?? null) ?? null);
    known.set(directory, rules);
    return rules;
  }

  return (path) => rulesIn(parentOf(path))?.ignores(path, false) ?? true;
}

function parentOf(path: TreePath): TreePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
