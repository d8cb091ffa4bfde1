// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of the CLI, not of JavaScript
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

describe('the header of an http hook', () => {
  test.each<[string, Governed]>([
    ['without references', hooked({ A: 'Bearer x' })],
    [
      'with a dollar before nothing that the CLI takes for a name',
      hooked({ A: 'a$ $1 $lower ${x}' }),
    ],
    ['with a form that the CLI leaves alone', hooked({ A: '${HOME:-x} ${A-B} ${}' })],
    [
      'that refers to a variable of the config’s env',
      hooked({ A: '$MINE ${MINE}' }, ['MINE'], own),
    ],
    ['that refers to one of its settings.env', hooked({ A: '$MINE' }, ['MINE'], ownSetting)],
    [
      'that refers to one that the settings allow to all hooks',
      hooked({ A: '$MINE' }, ['MINE'], {
        ...own,
        settings: { httpHookAllowedEnvVars: ['MINE'] as never },
      }),
    ],
    ['that is no text', hooked({ A: 1 }, 'HOME')],
    [
      'of settings that are no such thing',
      { settings: { hooks: [{ hooks: 'x' }, null, 1] as never } },
    ],
  ])('%s passes', (_, asked) => {
    expect(() => checkPolicy(asked, DEFAULT_POLICY)).not.toThrow();
  });

  test.each<[string, Governed, string]>([
    ['allowing a variable of the operator', hooked({}, ['MINE', 'HOME'], own), 'allowedEnvVars.1'],
    ['allowing one that nobody sets', hooked({ A: '$MINE' }, ['MINE']), 'allowedEnvVars.0'],
    ['referring to one that is not allowed', hooked({ A: 'x$HOME' }), 'headers.A'],
    ['the same with braces', hooked({ A: 'ok', B: 'pa${SS}word' }), 'headers.B'],
    ['referring to its own one without allowing it', hooked({ A: '$MINE' }, [], own), 'headers.A'],
    ['a part of whose password looks like one', hooked({ A: 'pa$$Word' }), 'headers.A'],
    [
      'referring to one that the settings allow to no hook',
      hooked({ A: '$MINE' }, ['MINE'], {
        ...own,
        settings: { httpHookAllowedEnvVars: [] as never },
      }),
      'headers.A',
    ],
    ['with an underscore alone', hooked({ A: '$_' }), 'headers.A'],
  ])('%s is refused', (_, asked, key) => {
    expect(() => checkPolicy(asked, DEFAULT_POLICY)).toThrow(
      expect.objectContaining({ code: 'OPTION_NOT_ALLOWED', details: { field: `${AT}.${key}` } }),
    );
  });

  test('of overrides is judged with what they inherit, not by itself', () => {
    const overrides = hooked({ A: '$MINE' }, ['MINE']);
    expect(() => checkOverrides(overrides, DEFAULT_POLICY)).not.toThrow();
  });
});
