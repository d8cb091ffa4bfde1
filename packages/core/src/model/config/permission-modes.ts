/** The values of `--permission-mode` (claude 2.1.330 `--help`). */
export const PERMISSION_MODES = [
  'acceptEdits',
  'auto',
  'bypassPermissions',
  'dontAsk',
  'manual',
  'plan',
] as const;
