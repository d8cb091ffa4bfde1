// Sessions whose workspace begins from a repository of a git server on loopback.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionConfig } from '@baton/core/internal';
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest';
import type { Step } from '../../../fake-claude/script.ts';
import type { Fleet } from '../../../support/fleet.ts';
import {
  type GitServer,
  gitServerSettings,
  startGitServer,
} from '../../../support/git-server/git-server.ts';
import type { Intercept } from '../../../support/git-server/https-server.ts';
import type { BareRepository } from '../../../support/git-server/repositories.ts';
import { runsShell } from './workspace-scene.ts';

/** The branch to which sessions push. */
export const BRANCH = 'baton/work';

/** The server of a test file, and the repository of a test. */
export interface GitScene {
  server: GitServer;
  repository: BareRepository;
  /** The commit of the branch `main`. */
  base: string;
  /** Returns a config with this workspace from the repository. */
  from(workspace: object): Partial<SessionConfig>;
  /** Returns the subjects of the branch's commits, newest first, or null if there is no branch. */
  log(): Promise<string[] | null>;
  /** Answers requests in place of git until the test is over. */
  intercept(by: Intercept | undefined): void;
}

/** Starts a git server for the test file, and makes a repository for each test. */
export function useGitScene(): GitScene {
  let count = 0;
  let url = '';
  const scene = {
    from: (workspace: object) => ({
      workspace: { type: 'git', url, ...workspace } as NonNullable<SessionConfig['workspace']>,
    }),
    log: async () => {
      const found = await scene.repository.git('log', '--format=%s', BRANCH).catch(() => null);
      return found?.split('\n') ?? null;
    },
    intercept(by: Intercept | undefined) {
      scene.server.https.intercept(by);
      onTestFinished(() => scene.server.https.intercept(undefined));
    },
  } as GitScene;
  beforeAll(async () => {
    scene.server = await startGitServer();
  });
  afterAll(() => scene.server.close());
  beforeEach(async () => {
    count += 1;
    scene.repository = await scene.server.create(`repository-${count}`);
    scene.base = await scene.repository.commit(
      { 'a.txt': 'a\n', 'run.sh': '#!/bin/sh\n', '.gitignore': 'built\n' },
      { message: 'Base' },
    );
    url = scene.server.httpsUrl(`repository-${count}`);
  });
  return scene;
}

/** A fleet with a work root of its own. */
export interface GitFleet extends Fleet {
  workRoot: string;
  /** Settings of its workers. */
  settings: Record<string, string>;
  /** Returns steps that write a file. The fleet counts how often they were played. */
  change(content: string): Step[];
  runs(): Promise<number>;
}

/** Opens a fleet whose workers reach the server. */
export function openGitFleet(fleet: Fleet, { server }: GitScene): GitFleet {
  const own = fleet.sibling(onTestFinished);
  const suffix = own.env['QUEUE_PREFIX'];
  const workRoot = join(fleet.root, `work-of-${suffix}`);
  const runs = join(fleet.root, `runs-of-${suffix}`);
  return {
    ...own,
    workRoot,
    settings: {
      ...gitServerSettings(server),
      WORK_ROOT: workRoot,
      LEASE_MS: '2000',
      RETRY_FIRST_MS: '1',
    },
    change: (content) => [
      ...runsShell(own, `echo run >> ${runs}; echo ${content} > a.txt; chmod +x run.sh`),
      { say: 'Done.' },
    ],
    runs: async () => (await readFile(runs, 'utf8')).trim().split('\n').length,
  };
}
