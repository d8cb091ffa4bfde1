// Rewrites the configuration of a repository to the keys that make git run nothing and read nothing elsewhere.
import { toBytes } from './tree-path.ts';

/** Checks that need more than the configuration. */
export interface ConfigChecks {
  /** Returns whether `core.worktree`, a relative path, stays in the workspace. Default: the setting is dropped. */
  isInsideWorkspace?(path: string): boolean;
  /** Returns whether a text (latin1) holds a secret. Such a setting is dropped. Default: no text does. */
  holdsSecret?(bytes: string): boolean;
}

interface Setting {
  section: string;
  /** The part in quotes, such as the name of a remote. */
  subsection: string | null;
  name: string;
  /** Null for a name without a value, which git reads as true. */
  value: string | null;
}

/** Returns the value to write, or null to drop the setting. */
type Rule = (value: string) => string | null;

const keep: Rule = (value) => value;

// Other transports run a program: `ext::` any, and every other name runs `git-remote-<name>`.
const SCHEMES = /^(?:https?|ssh|git|file|ftps?|git\+ssh|ssh\+git)$/i;
const HAS_SCHEME = /^([a-z0-9+.-]+):\/\/([^/?#]*)(.*)$/is;
const HELPER = /^[a-z0-9+.-]*::/i;
const WITH_USER = /^(?:ssh|git\+ssh|ssh\+git)$/i;

const UPDATES = ['checkout', 'rebase', 'merge', 'none'];

const url: Rule = (value) => {
  if (HELPER.test(value) || /^(?:[^/]*@)?-/.test(value)) return null;
  const [, scheme, authority, rest] = HAS_SCHEME.exec(value) ?? [];
  if (scheme === undefined || authority === undefined) return value.includes('://') ? null : value;
  if (!SCHEMES.test(scheme)) return null;
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  if (host.startsWith('-')) return null;
  const [user = ''] = authority.slice(0, Math.max(at, 0)).split(':');
  // The user of SSH is part of the address. That of HTTP may be a token.
  const isUserKept = WITH_USER.test(scheme) && user !== '' && !user.startsWith('-');
  return `${scheme}://${isUserKept ? `${user}@` : ''}${host}${rest}`;
};

const update: Rule = (value) => (UPDATES.includes(value) ? value : null);

function all(names: string, rule: Rule = keep): Record<string, Rule> {
  return Object.fromEntries(names.split(' ').map((name) => [name, rule]));
}

const PLAIN: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  core: all(
    'repositoryformatversion filemode bare logallrefupdates symlinks ignorecase precomposeunicode autocrlf eol safecrlf quotepath sharedrepository sparsecheckout sparsecheckoutcone',
  ),
  user: all('name email'),
  init: all('defaultbranch'),
  // `pull.twohead` and `pull.octopus` name strategies, which are programs.
  pull: all('ff rebase'),
  push: all('default autosetupremote'),
  merge: all('ff conflictstyle'),
  rebase: all('autosquash autostash'),
  fetch: all('prune'),
  rerere: all('enabled'),
  index: all('version'),
  lfs: all('repositoryformatversion'),
};

const NAMED: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  remote: { ...all('url pushurl', url), ...all('fetch push tagopt prune mirror') },
  branch: { ...all('remote pushremote', url), ...all('merge rebase description') },
  submodule: { ...all('url', url), ...all('update', update), ...all('active path branch') },
};

/**
 * Returns the text of a configuration that holds only keys that run nothing. Git reads these keys as before, except that
 * addresses have lost their passwords.
 *
 * @param listing The output of `git config --no-includes --list -z --file -`. Without `--no-includes`, git would read
 *   every file that the configuration names when it reads standard input.
 */
export function filterGitConfig(listing: Buffer, checks: ConfigChecks = {}): string {
  let text = '';
  let last = '';
  for (const part of listing.toString('latin1').split('\0')) {
    const setting = parse(part);
    const value = setting && judge(setting, checks);
    if (!setting || value === undefined) continue;
    const header = headerOf(setting);
    const line = value === null ? setting.name : `${setting.name} = ${quote(value)}`;
    if (
      checks.holdsSecret?.(toBytes(`${header}\n${line}`)) ||
      hasSecretPart(setting, value, checks)
    )
      continue;
    if (header !== last) text += `${header}\n`;
    last = header;
    text += `\t${line}\n`;
  }
  return text;
}

function hasSecretPart(
  { subsection }: Setting,
  value: string | null,
  checks: ConfigChecks,
): boolean {
  return [subsection, value].some((one) => one !== null && checks.holdsSecret?.(toBytes(one)));
}

// Git writes `section.subsection.name`, a newline and the value. A subsection may hold dots.
function parse(part: string): Setting | null {
  const bytes = Buffer.from(part, 'latin1');
  const text = bytes.toString();
  // A text that is not UTF-8 could not be written again as it was.
  if (part === '' || !Buffer.from(text).equals(bytes)) return null;
  const end = text.indexOf('\n');
  const key = end === -1 ? text : text.slice(0, end);
  const first = key.indexOf('.');
  const last = key.lastIndexOf('.');
  if (first <= 0) return null;
  return {
    section: key.slice(0, first).toLowerCase(),
    subsection: first === last ? null : key.slice(first + 1, last),
    name: key.slice(last + 1).toLowerCase(),
    value: end === -1 ? null : text.slice(end + 1),
  };
}

// Returns the value to write, null for a name without a value, or undefined to drop the setting.
function judge(setting: Setting, checks: ConfigChecks): string | null | undefined {
  const { section, subsection, name, value } = setting;
  if (!/^[a-z][a-z0-9-]*$/.test(name)) return undefined;
  if (subsection === null && section === 'extensions') return value;
  if (subsection === null && section === 'core' && name === 'worktree') {
    const isInside = value !== null && !value.startsWith('/') && checks.isInsideWorkspace?.(value);
    return isInside ? value : undefined;
  }
  const rules = (subsection === null ? PLAIN : NAMED)[section];
  const rule = rules && Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (!rule) return undefined;
  if (value === null) return rule === keep ? null : undefined;
  return rule(value) ?? undefined;
}

function headerOf({ section, subsection }: Setting): string {
  if (subsection === null) return `[${section}]`;
  return `[${section} "${subsection.replace(/[\\"]/g, '\\$&')}"]`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\b': '\\b' };

function quote(value: string): string {
  return `"${value.replace(/[\\"\n\t\b]/g, (one) => ESCAPES[one] ?? `\\${one}`)}"`;
}
