// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the CLI, not JavaScript
import {
  checkOverrides,
  checkPolicy,
  DEFAULT_POLICY,
  defined,
  type Governed,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

const AT = 'settings.hooks.PreToolUse.0.hooks.0';

function hooked(
  headers: unknown,
  allowedEnvVars?: unknown,
  rest: { env?: Record<string, string>; settings?: Record<string, never> } = {},
): Governed {
  const hook = { type: 'http', url: 'http://hook.test', headers, allowedEnvVars } as never;
  const settings = { ...rest.settings, hooks: { PreToolUse: [{ matcher: '*', hooks: [hook] }] } };
  return { ...defined({ env: rest.env }), settings };
}

const own = { env: { MINE: 'x' } };
const ownSetting = { settings: { env: { MINE: 'x' } as never } };

describe('an HTTP hook whose header', () => {
  test.each<[string, Governed]>([
    ['has no references', hooked({ A: 'Bearer x' })],
    [
      'has a dollar sign before text that is not a name for the CLI',
      hooked({ A: 'a$ $1 $lower ${x}' }),
    ],
    ['has a form that the CLI does not expand', hooked({ A: '${HOME:-x} ${A-B} ${}' })],
    ['refers to a variable of the config’s env', hooked({ A: '$MINE ${MINE}' }, ['MINE'], own)],
    ['refers to a variable of settings.env', hooked({ A: '$MINE' }, ['MINE'], ownSetting)],
    [
      'refers to a variable that the settings allow for all hooks',
      hooked({ A: '$MINE' }, ['MINE'], {
        ...own,
        settings: { httpHookAllowedEnvVars: ['MINE'] as never },
      }),
    ],
    ['is not a string', hooked({ A: 1 }, 'HOME')],
    ['is in malformed settings', { settings: { hooks: [{ hooks: 'x' }, null, 1] as never } }],
  ])('%s is allowed', (_, asked) => {
    expect(() => checkPolicy(asked, DEFAULT_POLICY)).not.toThrow();
  });

  test.each<[string, Governed, string]>([
    ['may use a variable of the operator', hooked({}, ['MINE', 'HOME'], own), 'allowedEnvVars.1'],
    [
      'may use a variable that the config does not set',
      hooked({ A: '$MINE' }, ['MINE']),
      'allowedEnvVars.0',
    ],
    ['refers to a variable that is not allowed', hooked({ A: 'x$HOME' }), 'headers.A'],
    [
      'refers to a variable that is not allowed, with braces',
      hooked({ A: 'ok', B: 'pa${SS}word' }),
      'headers.B',
    ],
    [
      'refers to the config’s own variable without allowing it',
      hooked({ A: '$MINE' }, [], own),
      'headers.A',
    ],
    ['holds a password that looks like a reference', hooked({ A: 'pa$$Word' }), 'headers.A'],
    [
      'refers to a variable that the settings allow for no hook',
      hooked({ A: '$MINE' }, ['MINE'], {
        ...own,
        settings: { httpHookAllowedEnvVars: [] as never },
      }),
      'headers.A',
    ],
    ['has a dollar sign before an underscore only', hooked({ A: '$_' }), 'headers.A'],
  ])('%s is refused', (_, asked, key) => {
    expect(() => checkPolicy(asked, DEFAULT_POLICY)).toThrow(
      expect.objectContaining({ code: 'OPTION_NOT_ALLOWED', details: { field: `${AT}.${key}` } }),
    );
  });

  test('comes from overrides is checked only together with the inherited config', () => {
    const overrides = hooked({ A: '$MINE' }, ['MINE']);
    expect(() => checkOverrides(overrides, DEFAULT_POLICY)).not.toThrow();
  });
});
