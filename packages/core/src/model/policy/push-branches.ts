/** The branches to which sessions may push if the operator says nothing. */
export const DEFAULT_PUSH_BRANCHES: readonly string[] = ['baton/*'];

/**
 * Returns whether a session may push to a branch. In a pattern, `*` stands for any characters, `/` too; every other
 * character stands for itself. An empty list allows no branch.
 */
export function isPushAllowed(branch: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matches(branch, pattern.split('*')));
}

// Without a regular expression, so that no pattern takes long: each part is taken where it comes first.
function matches(branch: string, [first = '', ...rest]: readonly string[]): boolean {
  const last = rest.pop();
  if (last === undefined) return branch === first;
  if (!branch.startsWith(first)) return false;
  let from = first.length;
  for (const part of rest) {
    const found = branch.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return branch.length - last.length >= from && branch.endsWith(last);
}
