// The workspace of a session that begins as a clone of a git repository.
import { z } from 'zod';
import { includeSchema } from './include-patterns.ts';

const SETUP_COMMANDS_MAX = 32;
const SETUP_COMMAND_MAX_BYTES = 16 * 1024;
const CREDENTIAL_MAX_LENGTH = 64 * 1024;
const DEPTH_MAX = 1_000_000;

const noNul = /^[^\0]*$/;

// These rules are not in the published schema: many languages know no regular expressions that look ahead.

/** Whether git takes this as the name of a branch or tag (git-check-ref-format), and never as an option. */
function isRefName(name: string): boolean {
  const hasForbiddenPart = /\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)/.test(name);
  return /^[^\p{Cc} ~^:?*[\\]+$/u.test(name) && !/^[-/.]|[/.]$/.test(name) && !hasForbiddenPart;
}

function isRepositoryUrl(url: string): boolean {
  const isScp = /^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:/.test(url) && !/^[^:]*:\/\//.test(url);
  return /^[^\s\p{Cc}]+$/u.test(url) && (/^(?:https|ssh):\/\/./.test(url) || isScp);
}

function isInnerPath(path: string): boolean {
  const names = path.split('/');
  return noNul.test(path) && names.every((name) => !/^(?:\.{0,2}|\.git)$/i.test(name));
}

const refName = z
  .string()
  .min(1)
  .max(255)
  .refine(isRefName, 'expected the name of a branch or a tag, or a commit');

const secretText = z
  .string()
  .min(1)
  .max(CREDENTIAL_MAX_LENGTH)
  .regex(noNul, 'expected no NUL character');

/** Schema of the secrets with which Baton reaches a repository. */
const credentialsSchema = z
  .strictObject({
    username: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[^\0\r\n]*$/, 'expected one line')
      .optional()
      .describe('User name for https. Default: `x-access-token`, which is right for tokens.'),
    password: secretText
      .regex(/^[^\r\n]*$/, 'expected one line')
      .optional()
      .describe('Password or token for https. The value is secret.'),
    ssh_key: secretText
      .optional()
      .describe('Private key for ssh, unencrypted. The value is secret.'),
    ssh_known_hosts: z
      .string()
      .min(1)
      .max(CREDENTIAL_MAX_LENGTH)
      .regex(noNul, 'expected no NUL character')
      .optional()
      .describe(
        "Lines of a known_hosts file with the server's public keys. Default: the operator's own.",
      ),
  })
  .refine(
    ({ password, ssh_key }) => (password === undefined) !== (ssh_key === undefined),
    'expected password (for https) or ssh_key (for ssh)',
  )
  .describe(
    "Secrets with which Baton reaches the repository; only git processes of Baton get them. Default: the operator's own, if there are some for this host.",
  );

/** Schema of what is pushed when a session completes. */
const pushSchema = z
  .strictObject({
    branch: refName.describe(
      'Branch to push to, without `refs/heads/`; the operator limits the choice, by default to `baton/*`.',
    ),
    message: z
      .string()
      .min(1)
      .max(16 * 1024)
      .regex(noNul, 'expected no NUL character')
      .optional()
      .describe("Message of the commit. Default: the session's title, else a line with its id."),
    author: z
      .strictObject({
        name: z
          .string()
          .min(1)
          .max(200)
          .regex(/^[^\0\r\n<>]*$/, 'expected a name'),
        email: z
          .string()
          .min(1)
          .max(320)
          .regex(/^[^\0\r\n<> ]*$/, 'expected an email address'),
      })
      .optional()
      .describe("Author of the commit. Default: the operator's GIT_AUTHOR."),
  })
  .describe(
    'Once the session completes, Baton commits what changed and pushes the commit to this branch. Default: nothing is pushed.',
  );

/** Schema of a workspace that begins as a clone of a repository. */
export const repositoryConfigSchema = z.strictObject({
  type: z.literal('git'),
  url: z
    .string()
    .min(1)
    .max(2048)
    .refine(isRepositoryUrl, 'expected a URL with https:// or ssh://, or git@host:path')
    .describe(
      'URL of the repository: https or ssh, without a password. The operator can limit the choice.',
    ),
  ref: refName
    .optional()
    .describe(
      'Branch, tag or commit to begin with. Default: the default branch of the repository.',
    ),
  depth: z
    .int()
    .min(0)
    .max(DEPTH_MAX)
    .optional()
    .describe('How many commits of the history the clone has; 0 means all. Default: 1.'),
  submodules: z
    .boolean()
    .optional()
    .describe('Whether submodules are cloned too, each under the same rules. Default: false.'),
  subdirectory: z
    .string()
    .min(1)
    .max(1024)
    .refine(isInnerPath, 'expected a relative path without . or ..')
    .optional()
    .describe('Directory of the repository in which Claude Code starts. Default: its root.'),
  setup: z
    .array(z.string().min(1).max(SETUP_COMMAND_MAX_BYTES).regex(noNul, 'expected no NUL character'))
    .max(SETUP_COMMANDS_MAX)
    .optional()
    .describe(
      'Shell commands that run in the directory before Claude Code starts: after the clone, and again after a restore on another host, so they must be repeatable. They have the environment of the session, but no git credentials.',
    ),
  push: pushSchema.optional(),
  credentials: credentialsSchema.optional(),
  include: includeSchema,
});

/** A workspace that begins as a clone of a repository. */
export type RepositoryConfig = z.infer<typeof repositoryConfigSchema>;
