import {
  AppError,
  continueJobSchema,
  jobSchema,
  launchJobSchema,
  newId,
  parseInput,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { checkSize, JOB_MAX_BYTES } from '../../../../../packages/core/src/model/job/job.ts';
import {
  parseContinueJob,
  parseLaunchJob,
} from '../../../../../packages/core/src/queue/job-builder.ts';
import { buildJobOptions } from '../../../../../packages/core/src/queue/queued-job.ts';
import { parseJob } from '../../../../../packages/core/src/store/adopt.ts';
import { makeContinueJob, makeLaunchJob } from '../../../../support/factories.ts';

const timestamp = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('the payload of a job', () => {
  test.each([
    ['a launch', makeLaunchJob()],
    ['a continue', makeContinueJob(newId())],
    [
      'a launch with every option',
      makeLaunchJob({
        run_id: newId(),
        created_at: '2026-01-02T03:04:05+01:00',
        title: 'Nightly',
        tags: ['a', 'b'],
        metadata: { 'a.b': { $c: [null, 1, 'x', true] } },
        priority: 5,
        not_before: '2026-01-02T03:04:05Z',
        concurrency_key: 'repo',
      }),
    ],
  ])('%s is accepted unchanged', (_, job) => {
    expect(parseInput(jobSchema, job)).toEqual(job);
  });

  test.each<[string, string, object]>([
    ['version', 'missing', { version: undefined }],
    ['version', 'another version', { version: 2 }],
    ['kind', 'missing', { kind: undefined }],
    ['kind', 'unknown', { kind: 'resume' }],
    ['id', 'missing', { id: undefined }],
    ['id', 'not a UUID', { id: 'job-1' }],
    ['config', 'missing', { config: undefined }],
    ['config.query', 'missing', { config: {} }],
    ['extra', 'unknown', { extra: 1 }],
    ['parent_session_id', 'a key of the other kind', { parent_session_id: newId() }],
    ['created_at', 'not a time', { created_at: 'yesterday' }],
    ['created_at', 'a time without a zone', { created_at: '2026-01-02T03:04:05' }],
    ['not_before', 'not a time', { not_before: 5 }],
  ])('a wrong %s is refused: %s', (field, _, fields) => {
    expect(() => parseInput(jobSchema, { ...makeLaunchJob(), ...fields })).toThrowError(
      expect.objectContaining({ details: { field } }),
    );
  });

  test.each<[string, object]>([
    ['parent_session_id', { parent_session_id: undefined }],
    ['overrides', { overrides: undefined }],
    ['overrides.query', { overrides: {} }],
    ['config', { config: { query: 'q' } }],
  ])('a continue with a wrong %s is refused', (field, fields) => {
    expect(() => parseInput(jobSchema, { ...makeContinueJob(newId()), ...fields })).toThrowError(
      expect.objectContaining({ details: { field } }),
    );
  });

  test("the run id defaults to the id, and the creation time to the job's timestamp", () => {
    const job = makeLaunchJob();
    expect(parseJob({ id: job.id, data: job, timestamp })).toEqual({
      ...job,
      run_id: job.id,
      created_at: '2026-01-02T03:04:05.000Z',
    });
  });

  test("a payload whose id is not the job's id is refused", () => {
    expect(() => parseJob({ id: newId(), data: makeLaunchJob(), timestamp })).toThrowError(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field: 'id' } }),
    );
  });

  test('a payload of one MiB is accepted, and one byte more is refused', () => {
    const empty = Buffer.byteLength(JSON.stringify(makeLaunchJob({ config: { query: '' } })));
    const ofSize = (bytes: number) =>
      makeLaunchJob({ config: { query: 'x'.repeat(bytes - empty) } });
    expect(() => checkSize(ofSize(JOB_MAX_BYTES))).not.toThrow();
    expect(() => checkSize(ofSize(JOB_MAX_BYTES + 1))).toThrowError(
      expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE' }),
    );
  });

  test('the size limit counts bytes, not characters', () => {
    const query = 'é'.repeat(JOB_MAX_BYTES / 2);
    expect(() => checkSize(makeLaunchJob({ config: { query } }))).toThrow(AppError);
  });
});

describe('a job built by a producer', () => {
  test('a launch job fits the schema and carries the options', () => {
    const job = parseLaunchJob({ query: 'q' }, { title: 'T', priority: 2 });
    expect(launchJobSchema.parse(job)).toEqual(job);
    expect(job).toMatchObject({ version: 1, kind: 'launch', title: 'T', priority: 2 });
  });

  test("a continue job takes the parent's id out of the flat request", () => {
    const parent = newId();
    const job = parseContinueJob({ parent_session_id: parent, query: 'go on', model: null });
    expect(continueJobSchema.parse(job)).toEqual(job);
    expect(job).toMatchObject({
      parent_session_id: parent,
      overrides: { query: 'go on', model: null },
    });
  });

  test('each job gets a new id unless the caller chooses one', () => {
    expect(parseLaunchJob({ query: 'q' }).id).not.toBe(parseLaunchJob({ query: 'q' }).id);
    const id = newId();
    expect(parseLaunchJob({ query: 'q' }, { id })).toMatchObject({ id });
  });

  test.each<[string, () => unknown]>([
    ['config.query', () => parseLaunchJob({ query: '' })],
    ['config.modle', () => parseLaunchJob({ query: 'q', modle: 'x' } as never)],
    ['id', () => parseLaunchJob({ query: 'q' }, { id: 'mine' })],
    ['titel', () => parseLaunchJob({ query: 'q' }, { titel: 'x' } as never)],
    ['parent_session_id', () => parseContinueJob({ query: 'q' } as never)],
    ['env', () => parseContinueJob({ parent_session_id: newId(), query: 'q', env: 5 as never })],
  ])('a wrong %s is refused, and the error names it', (field, act) => {
    expect(act).toThrowError(
      expect.objectContaining({ code: 'INVALID_REQUEST', details: { field } }),
    );
  });
});

describe('the options of the BullMQ job', () => {
  test("the job id is the session's id, and BullMQ never retries the job", () => {
    const job = makeLaunchJob();
    expect(buildJobOptions(job, timestamp)).toMatchObject({ jobId: job.id, attempts: 1 });
  });

  test.each<[string, object, object]>([
    ['no priority sets no option', {}, {}],
    ['priority 0 sets no option', { priority: 0 }, {}],
    ["a priority becomes BullMQ's priority", { priority: 7 }, { priority: 7 }],
    [
      'a future start time becomes a delay',
      { not_before: '2026-01-02T03:04:06Z' },
      { delay: 1000 },
    ],
    ['a past start time sets no delay', { not_before: '2026-01-02T03:04:04Z' }, {}],
  ])('%s', (_, fields, expected) => {
    const { priority, delay } = buildJobOptions(makeLaunchJob(fields), timestamp);
    expect({ priority, delay }).toEqual({ priority: undefined, delay: undefined, ...expected });
  });
});
