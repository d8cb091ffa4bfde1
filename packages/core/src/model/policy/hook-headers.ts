// Environment variables in the headers of http hooks: the CLI replaces references to them with their values.
import { listOf, recordOf } from '../schema/json-parts.ts';
import { hookListsOf } from './config-parts.ts';
import type { Governed, Refusal } from './policy.ts';

// The references that the CLI replaces (test/contract/hook-expansion.test.ts): upper case, with or without braces.
const REFERENCE = /\$\{([A-Z_][A-Z0-9_]*)\}|\$([A-Z_][A-Z0-9_]*)/g;

/**
 * Returns the parts of a config's http hooks, in `settings` and in agents, that the policy refuses: names of the operator's
 * variables in `allowedEnvVars`, and headers that the CLI would send with a different text. A
 * header may refer to a variable only if `env` or `settings.env` of the same config sets it, and
 * `allowedEnvVars` names it. If the settings have `httpHookAllowedEnvVars`, that list must name the
 * variable, too. The CLI fills in any other variable from the operator's environment, or leaves it
 * out.
 */
export function hookRefusals(config: Governed): Refusal[] {
  const own = new Set([...keysOf(config.env), ...keysOf(config.settings?.['env'])]);
  const allowedForAll = config.settings?.['httpHookAllowedEnvVars'];
  return hooksOf(config).flatMap(({ field, hook }) => {
    const allowed = listOf(hook['allowedEnvVars']);
    const isFilledIn = (name: string) =>
      allowed.includes(name) &&
      (allowedForAll === undefined || listOf(allowedForAll).includes(name));
    const foreign = allowed.flatMap((name, index) =>
      own.has(String(name)) ? [] : [refuse(`${field}.allowedEnvVars.${index}`, NOT_OWN)],
    );
    const changed = Object.entries(recordOf(hook['headers']))
      .filter(([, value]) => referencesIn(value).some((name) => !isFilledIn(name)))
      .map(([name]) => refuse(`${field}.headers.${name}`, NOT_AS_WRITTEN));
    return [...foreign, ...changed];
  });
}

const NOT_OWN = 'expected a variable that env or settings.env of this config sets';

const NOT_AS_WRITTEN =
  'expected no reference to a variable, unless env sets it and allowedEnvVars (and httpHookAllowedEnvVars, if it is set) names it: Claude Code would send another text than this one';

function refuse(field: string, message: string): Refusal {
  return { code: 'OPTION_NOT_ALLOWED', field, message };
}

function hooksOf(config: Governed): { field: string; hook: Record<string, unknown> }[] {
  return hookListsOf(config).flatMap(({ field, value }) =>
    Object.entries(value).flatMap(([event, matchers]) =>
      listOf(matchers).flatMap((matcher, at) =>
        listOf(recordOf(matcher)['hooks']).map((hook, index) => ({
          field: `${field}.${event}.${at}.hooks.${index}`,
          hook: recordOf(hook),
        })),
      ),
    ),
  );
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'string') return [];
  return [...value.matchAll(REFERENCE)].map(([, braced, bare]) => braced ?? bare ?? '');
}

function keysOf(value: unknown): string[] {
  return Object.keys(recordOf(value));
}
