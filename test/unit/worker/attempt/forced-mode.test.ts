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
  // The default mode by the name that the flag has for it.
  ['manual', true, false],
  [undefined, true, false],
] as const)('mode %s, with the scrub %s: a warning is %s', (mode, isOn, isWarned) => {
  expect(warned(mode, isOn)).toBe(isWarned);
});
