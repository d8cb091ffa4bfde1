import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defaultWorkRoot } from '../../../../packages/core/src/settings/default-work-root.ts';
import { parseEnv } from '../../../../packages/core/src/settings/env.ts';
import { sharedSettings } from '../../../../packages/core/src/settings/settings.ts';

const none = () => undefined;

describe('the default of WORK_ROOT', () => {
  test.each([
    ['linux', { HOME: '/home/ann' }, '/home/ann/.local/state/baton/work'],
    ['darwin', { HOME: '/Users/ann' }, '/Users/ann/Library/Application Support/baton/work'],
    ['linux', { HOME: '/home/ann', XDG_STATE_HOME: '/state' }, '/state/baton/work'],
    ['darwin', { HOME: '/Users/ann', XDG_STATE_HOME: '/state' }, '/state/baton/work'],
    ['linux', { HOME: '/home/ann', XDG_STATE_HOME: 'state' }, '/home/ann/.local/state/baton/work'],
    ['linux', { HOME: '/home/ann', XDG_STATE_HOME: '' }, '/home/ann/.local/state/baton/work'],
    ['linux', { HOME: '/', STATE_DIRECTORY: '/var/lib/baton' }, '/var/lib/baton/work'],
    ['linux', { STATE_DIRECTORY: '/var/lib/baton:/var/lib/more' }, '/var/lib/baton/work'],
    ['linux', { HOME: '/home/ann', STATE_DIRECTORY: 'x' }, '/home/ann/.local/state/baton/work'],
    ['linux', {}, undefined],
    ['linux', { HOME: '/' }, undefined],
    ['linux', { HOME: 'relative' }, undefined],
  ])('on %s with %j is %s', (platform, env, expected) => {
    expect(defaultWorkRoot(env, platform, none)).toBe(expected);
  });

  test("is in the user's home folder if HOME is not set", () => {
    const known = () => '/home/ann';
    expect(defaultWorkRoot({}, 'linux', known)).toBe('/home/ann/.local/state/baton/work');
  });

  test('does not exist without a home folder, and the error names WORK_ROOT', () => {
    const schema = z.object({ WORK_ROOT: sharedSettings.WORK_ROOT });
    expect(() => parseEnv(schema, { HOME: '/' })).toThrow(/WORK_ROOT: expected an absolute path/);
    expect(parseEnv(schema, { HOME: '/', WORK_ROOT: '/srv' })).toEqual({ WORK_ROOT: '/srv' });
  });
});
