import {
  findUnknownFeatures,
  jobOfSession,
  jobSchema,
  type Session,
  toInfo,
} from '@baton/core/internal';
import { describe, expect, test } from 'vitest';
import { configHash } from '../../../../../packages/core/src/model/job/config-hash.ts';
import {
  acceptJob,
  queuedSession,
} from '../../../../../packages/core/src/model/job/new-session.ts';
import {
  makeCompletedSession,
  makeContinueJob,
  makeLaunchJob,
  makeSession,
} from '../../../../support/factories.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `word-${i}`);

describe('findUnknownFeatures', () => {
  test.each<[payload: unknown, unknown: string[]]>([
    [undefined, []],
    [null, []],
    ['text', []],
    [{}, []],
    [{ requires: 'invented' }, []],
    [{ requires: [] }, []],
    [{ requires: [7, null, 'invented'] }, ['invented']],
    [{ requires: ['a', 'b', 'a'] }, ['a', 'b']],
    [{ requires: numbered(40) }, numbered(32)],
    [{ version: 9, kind: 'dream', requires: ['invented'] }, ['invented']],
  ])('of the payload %j returns %j', (payload, unknown) => {
    expect(findUnknownFeatures(payload)).toEqual(unknown);
  });
});

describe('a session whose job requires a feature', () => {
  const job = acceptJob(makeLaunchJob({ requires: ['invented'] }), 0);
  const session = queuedSession(job, job.config);

  test('requires it too, and so does a job made from the session', () => {
    expect(session.requires).toEqual(['invented']);
    expect(jobOfSession(session)).toMatchObject({ requires: ['invented'] });
    expect(jobSchema.parse(jobOfSession(session))).toEqual(jobOfSession(session));
  });

  test('has the same config hash as without the feature', () => {
    const { requires: _, ...plain } = job;
    expect(configHash(job)).toBe(configHash(plain));
  });

  test('does not show the feature to readers', () => {
    expect(toInfo(session)).not.toHaveProperty('requires');
  });
});

describe('a session with a workspace in its config', () => {
  const workspace = { type: 'managed' } as const;

  test('requires workspaces, even if its job does not', () => {
    const job = acceptJob(makeLaunchJob({ config: { query: 'q', workspace } }), 0);
    expect(queuedSession(job, job.config).requires).toEqual(['workspaces']);
  });

  test('requires repositories if its workspace begins from one', () => {
    const config = { query: 'q', workspace: { type: 'git', url: 'https://host/x.git' } } as const;
    const job = acceptJob(makeLaunchJob({ config }), 0);
    expect(queuedSession(job, job.config).requires).toEqual(['workspaces', 'repositories']);
  });
});

describe('a continued session', () => {
  const child = (requires?: string[]) =>
    acceptJob(makeContinueJob('', requires ? { requires } : {}), 0);

  test('requires the features of its own job and of its parent', () => {
    const parent = makeCompletedSession({ requires: ['a', 'b'] });
    expect(queuedSession(child(), parent.config, parent).requires).toEqual(['a', 'b']);
    expect(queuedSession(child(['b', 'c']), parent.config, parent).requires).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  test('requires workspaces if its parent has a capture', () => {
    const parent = makeCompletedSession({ requires: ['messages', 'workspaces'] });
    expect(queuedSession(child(), parent.config, parent).requires).toEqual(['workspaces']);
  });

  test('does not require messages because its parent had some', () => {
    const parent = makeCompletedSession({ requires: ['a', 'messages'] });
    expect(queuedSession(child(), parent.config, parent).requires).toEqual(['a']);
  });

  test.each<[requires: unknown, inherited: string[] | undefined]>([
    ['text', undefined],
    [7, undefined],
    [null, undefined],
    [{ a: 1 }, undefined],
    [[7, 'a', null], ['a']],
  ])(
    'with a parent whose stored `requires` is %j inherits only the strings: %j',
    (requires, inherited) => {
      const parent = { ...makeCompletedSession(), requires } as Session;
      expect(queuedSession(child(), parent.config, parent).requires).toEqual(inherited);
    },
  );

  test('has no `requires` field if neither its job nor its parent has one', () => {
    const parent = makeSession();
    expect(queuedSession(child(), parent.config, parent)).not.toHaveProperty('requires');
  });
});
