// What http hooks in Claude's settings make of their environment: the CLI puts variables into their headers.
import { listOf, recordOf } from '../schema/json-parts.ts';
import type { Governed, Refusal } from './policy.ts';

// As the CLI reads them (test/contract/hook-expansion.test.ts): capitals alone, with braces or without.
const REFERENCE = /\$\{([A-Z_][A-Z0-9_]*)\}|\$([A-Z_][A-Z0-9_]*)/g;

/**
 * What of a config's http hooks would take something out of the operator's environment, or would come to the server
 * as something else than was written. A header may refer to a variable that the config itself sets in `env` or
 * `settings.env` and that `allowedEnvVars` names, and `httpHookAllowedEnvVars` of the settings where it is given;
 * any other the CLI fills in from the operator, or leaves out.
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
  'expected no reference to a variable, or one that env sets and that allowedEnvVars (and httpHookAllowedEnvVars, where it is given) names: Claude Code would send something else than is written';

function refuse(field: string, message: string): Refusal {
  return { code: 'OPTION_NOT_ALLOWED', field, message };
}

function hooksOf(config: Governed): { field: string; hook: Record<string, unknown> }[] {
  return Object.entries(recordOf(config.settings?.['hooks'])).flatMap(([event, matchers]) =>
    listOf(matchers).flatMap((matcher, at) =>
      listOf(recordOf(matcher)['hooks']).map((hook, index) => ({
        field: `settings.hooks.${event}.${at}.hooks.${index}`,
        hook: recordOf(hook),
      })),
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
