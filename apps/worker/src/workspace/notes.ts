/** What the model must know about its workspace. */
export interface WorkspaceFacts {
  path: string;
  movedFrom: readonly string[];
  /** Whether files may be missing or older than the conversation. */
  isUncertain: boolean;
}

/** Returns the lines about the workspace that are added to the system prompt. Empty if there is nothing to say. */
export function notesOf({ path, movedFrom, isUncertain }: WorkspaceFacts): string[] {
  const earlier = movedFrom.filter((one) => one !== path).join(', ');
  return [
    ...(earlier
      ? [
          `The working directory of this conversation is now ${path}. Earlier messages may name it as ${earlier}; use the new path instead.`,
        ]
      : []),
    ...(isUncertain
      ? [
          `Files that this conversation wrote in ${path} may be missing or older than the conversation says, because they could not be brought to this machine. Check a file before you rely on it.`,
        ]
      : []),
  ];
}
