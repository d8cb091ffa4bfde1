import { createLogger } from '@baton/core/internal';
import { expect, test, vi } from 'vitest';
import { warnOfForcedMode } from '../../../../apps/worker/src/attempt/forced-mode.ts';

const warned = (mode: 'manual' | 'plan' | undefined, isOn: boolean): boolean => {
  const log = createLogger('test', 'silent');
  const warn = vi.spyOn(log, 'warn');
  warnOfForcedMode(mode === undefined ? {} : { permission_mode: mode }, { isOn: () => isOn }, log);
  return warn.mock.calls.length > 0;
};

test.each([
  ['plan', true, true],
  ['plan', false, false],
  // The CLI's flag uses this name for the default mode.
  ['manual', true, false],
  [undefined, true, false],
] as const)(
  'a session with mode %s and the scrub set to %s logs a warning: %s',
  (mode, isOn, isWarned) => {
    expect(warned(mode, isOn)).toBe(isWarned);
  },
);
