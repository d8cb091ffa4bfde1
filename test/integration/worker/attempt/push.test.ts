// Sessions that push their work.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import { test } from '../../../support/fleet.ts';
import { BRANCH, openGitFleet, useGitScene } from './push-scene.ts';
import { createHalt, loseDisk } from './workspace-scene.ts';

const scene = useGitScene();
const pushing = (more: object = {}) => scene.from({ push: { branch: BRANCH, ...more } });

type Step = (request: IncomingMessage, response: ServerResponse, reached: () => void) => boolean;

const isPost = ({ method, url }: IncomingMessage) =>
  method === 'POST' && url?.endsWith('/git-receive-pack') === true;

const STEPS: [string, Step][] = [
  [
    'before git asks for the branches',
    ({ url }, _response, reached) => {
      if (!url?.endsWith('?service=git-receive-pack')) return false;
      reached();
      return true;
    },
  ],
  [
    'before the server gets the commit',
    (request, _response, reached) => {
      if (!isPost(request)) return false;
      reached();
      return true;
    },
  ],
  [
    'after the server has the commit',
    (request, response, reached) => {
      if (!isPost(request)) return false;
      response.end = () => {
        reached();
        return response;
      };
      return false;
    },
  ],
];

describe('the work of a session', () => {
  test('is pushed when the session completes, and a continue adds to it', async ({ fleet }) => {
    const own = openGitFleet(fleet, scene);
    await own.worker({ ...own.settings, GIT_AUTHOR: 'Operator <op@example.com>' });
    const query = fakePrompt(own.change('b'));
    const id = await own.launch({ query, ...pushing() }, { title: 'Fix a' });
    const ended = await own.ended(id);
    expect(ended).toMatchObject({
      status: 'completed',
      workspace: { push: { branch: BRANCH, parent: scene.base } },
    });
    const tip = await scene.repository.git('rev-parse', BRANCH);
    expect((await own.baton.manager.getSessionInfo(id)).workspace?.push).toEqual({
      branch: BRANCH,
      commit: tip,
      pushed_at: expect.any(String),
    });
    expect(await scene.repository.git('log', '-1', '--format=%an <%ae>|%cn|%B', BRANCH)).toBe(
      `Operator <op@example.com>|Baton|Fix a\n\nBaton-Session: ${id}\n`,
    );
    expect(await scene.repository.git('ls-tree', BRANCH, 'run.sh')).toMatch(/^100755/);
    const child = await own.continue(id, {
      query: fakePrompt(own.change('c')),
      ...pushing({ message: 'More' }),
    });
    expect(await own.ended(child)).toMatchObject({ status: 'completed' });
    expect(await scene.log()).toEqual(['More', 'Fix a', 'Base']);
    const idle = await own.continue(child, { query: fakePrompt([{ say: 'Nothing to do.' }]) });
    expect(await own.ended(idle)).toMatchObject({ status: 'completed' });
    expect(await scene.log()).toEqual(['More', 'Fix a', 'Base']);
  });

  test('is pushed once, although its worker dies at any step of the push', {
    timeout: 180_000,
  }, async ({ fleet }) => {
    for (const [name, step] of STEPS) {
      const own = openGitFleet(fleet, scene);
      const victim = await own.worker(own.settings);
      const { promise, resolve } = Promise.withResolvers<void>();
      scene.intercept((request, response) => step(request, response, resolve));
      const branch = `${BRANCH}-${name.replaceAll(' ', '-')}`;
      const id = await own.play(own.change('b'), pushing({ branch }));
      await promise;
      await victim.kill();
      scene.intercept(undefined);
      const { workspace } = await own.session(id);
      expect(workspace?.push, name).toMatchObject({ branch, commit: expect.any(String) });
      expect(workspace?.push, name).not.toHaveProperty('pushed_at');
      if (name.startsWith('after')) await loseDisk(own.workRoot);
      await own.worker(own.settings);
      const ended = await own.ended(id);
      expect(ended, name).toMatchObject({
        status: 'completed',
        result: { result: 'Done.' },
        counts: { crashes: 1 },
        workspace: { push: { commit: workspace?.push?.commit, pushed_at: expect.any(Date) } },
      });
      expect(await own.runs(), name).toBe(1);
      expect(await scene.repository.git('rev-parse', branch)).toBe(workspace?.push?.commit);
      expect(await scene.repository.git('rev-list', '--count', branch)).toBe('2');
    }
  });

  test('fails with the answer if the server rejects it, and a continue pushes the rest', async ({
    fleet,
  }) => {
    const own = openGitFleet(fleet, scene);
    await own.worker(own.settings);
    await scene.repository.hook('pre-receive', '#!/bin/sh\necho not today; exit 1\n');
    const id = await own.play(own.change('b'), pushing());
    expect(await own.ended(id)).toMatchObject({
      status: 'failed',
      result: { result: 'Done.' },
      failure: {
        code: 'REPOSITORY_PUSH_REJECTED',
        message: expect.stringContaining('pre-receive hook declined\nnot today'),
        field: 'workspace.push',
        retryable: false,
      },
    });
    await scene.repository.hook('pre-receive', '#!/bin/sh\nexit 0\n');
    const child = await own.continue(id, { query: fakePrompt([{ say: 'Nothing to do.' }]) });
    expect(await own.ended(child)).toMatchObject({ status: 'completed' });
    expect(await scene.log()).toEqual([`Work of session ${child}`, 'Base']);
  });

  test('is pushed by a retry that does not run the agent again', { timeout: 120_000 }, async ({
    fleet,
  }) => {
    const own = openGitFleet(fleet, scene);
    await own.worker(own.settings);
    scene.intercept(({ url }, response) => {
      if (!url?.includes('git-receive-pack')) return false;
      response.writeHead(503).end();
      return true;
    });
    const id = await own.play(own.change('b'), { ...pushing(), recovery: { max_retries: 2 } });
    await own.until(id, 'retried', ({ counts }) => counts.retries > 0);
    scene.intercept(undefined);
    const ended = await own.ended(id);
    expect(ended).toMatchObject({ status: 'completed', result: { result: 'Done.' } });
    expect(ended.attempts[0]).toMatchObject({ failure: { code: 'REPOSITORY_UNAVAILABLE' } });
    expect(await own.runs()).toBe(1);
    expect(await scene.log()).toEqual([`Work of session ${id}`, 'Base']);
  });

  test('is not pushed if the session is cancelled during the push, or interrupted', async ({
    fleet,
  }) => {
    const own = openGitFleet(fleet, scene);
    await own.worker(own.settings);
    const { promise, resolve } = Promise.withResolvers<void>();
    scene.intercept((request) => {
      if (!isPost(request)) return false;
      resolve();
      return true;
    });
    const cancelled = await own.play(own.change('b'), pushing());
    await promise;
    await own.baton.stop.cancelSession(cancelled);
    expect(await own.ended(cancelled)).toMatchObject({
      status: 'cancelled',
      result: { result: 'Done.' },
    });
    scene.intercept(undefined);
    const halt = createHalt(own);
    const interrupted = await own.play([...own.change('c'), ...halt.steps], pushing());
    await halt.systemNotes();
    await own.baton.stop.interruptSession(interrupted);
    expect(await own.ended(interrupted)).toMatchObject({
      status: 'completed',
      stopped_by: 'interrupt',
    });
    expect(await scene.log()).toBeNull();
  });

  test('is not begun if the operator does not allow its branch', async ({ fleet }) => {
    const own = openGitFleet(fleet, scene);
    await own.worker(own.settings);
    const id = await own.play(own.change('b'), pushing({ branch: 'main' }));
    expect(await own.ended(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'OPTION_NOT_ALLOWED', field: 'workspace.push.branch' },
    });
    expect(await scene.repository.git('rev-parse', 'main')).toBe(scene.base);
  });
});
