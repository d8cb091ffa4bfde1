import {
  continueRequestSchema,
  launchRequestSchema,
  parseInput,
  sessionConfigSchema,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { scheduleChangesSchema } from '../../../../../packages/core/src/model/schedules/schedule.ts';
import { PARSED_JOBS, parseLaunchJob } from '../../../../../packages/core/src/queue/job-builder.ts';

const ignored = { query: 'q', settings: { model: 'opus', agents: { helper: {} } } };
const parent_session_id = '01890a5d-ac96-774b-bcce-b302099a8057';
const refused = (field: string) =>
  expect.objectContaining({
    code: 'INVALID_REQUEST',
    message: expect.stringContaining('use the key `agents` of the config instead'),
    details: { field },
  });

describe('a setting that the CLI ignores is refused, with the key to use instead,', () => {
  test.each([
    ['a launch', () => parseInput(launchRequestSchema, ignored)],
    ['a continue', () => parseInput(continueRequestSchema, ignored)],
    ['a launch by the library', () => PARSED_JOBS.launch(ignored)],
    ['a continue by the library', () => PARSED_JOBS.continue({ ...ignored, parent_session_id })],
  ])('in %s', (_, parse) => {
    expect(parse).toThrow(refused('settings.agents'));
  });

  test('in the launch of a schedule', () => {
    const parse = () => parseInput(scheduleChangesSchema, { launch: ignored });
    expect(parse).toThrow(refused('launch.settings.agents'));
  });
});

test('a stored config or job with such a setting still runs', () => {
  expect(parseInput(sessionConfigSchema, ignored)).toEqual(ignored);
  expect(parseLaunchJob(ignored).config).toEqual(ignored);
});

test('a continue may clear the settings', () => {
  expect(() => parseInput(continueRequestSchema, { query: 'q', settings: null })).not.toThrow();
});
