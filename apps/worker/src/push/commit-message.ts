import { cutText, type Session } from '@baton/core/internal';

/** A name and an address, as git writes them. */
export interface GitPerson {
  name: string;
  email: string;
}

/** Who commits all work of sessions. */
export const COMMITTER: GitPerson = { name: 'Baton', email: 'baton@localhost' };

const SUBJECT_MAX_BYTES = 1024;

/** Parses `Name <email>`, the value of GIT_AUTHOR. */
export function parsePerson(text: string): GitPerson {
  const [, name = '', email = ''] = /^(.*\S)\s*<([^<>]*)>$/.exec(text.trim()) ?? [];
  return name === '' ? COMMITTER : { name, email };
}

/**
 * Returns the message of the commit: what the caller chose, else the session's title, else a line with its id. The last
 * paragraph is a trailer with the session's id.
 */
export function commitMessage(
  { id, title }: Pick<Session, 'id' | 'title'>,
  message: string | undefined,
): string {
  const own = message ?? (title && cutText(title.replace(/\s+/g, ' '), SUBJECT_MAX_BYTES));
  const text = own?.replaceAll('\0', '').trim() || `Work of session ${id}`;
  // A message that ends in trailers of its own gets one more.
  const last = text.slice(text.lastIndexOf('\n\n') + 1).trim();
  const isTrailers =
    text.includes('\n\n') && last.split('\n').every((line) => /^[A-Za-z0-9-]+: \S/.test(line));
  return `${text}${isTrailers ? '\n' : '\n\n'}Baton-Session: ${id}\n`;
}

/** What a commit is made of. */
export interface CommitFacts {
  tree: string;
  parent: string;
  author: GitPerson;
  date: Date;
  message: string;
}

/** Returns the content of a commit. Equal facts give equal commits. */
export function formatCommit({ tree, parent, author, date, message }: CommitFacts): string {
  const at = `${Math.floor(date.getTime() / 1000)} +0000`;
  const by = ({ name, email }: GitPerson) => `${withoutBrackets(name)} <${email}> ${at}`;
  return [
    `tree ${tree}`,
    `parent ${parent}`,
    `author ${by(author)}`,
    `committer ${by(COMMITTER)}`,
    '',
    message,
  ].join('\n');
}

function withoutBrackets(name: string): string {
  return name.replace(/[<>\r\n]/g, '').trim();
}
