// Compares the start of a session in a repository with the same steps by hand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminal, type Mongo, type RequestConfig } from '@baton/core/internal';
import { gitServerSettings, startGitServer } from '../test/support/git-server/git-server.ts';
import { startMessagesApi } from '../test/support/messages-api/messages-api.ts';
import { text } from '../test/support/messages-api/reply.ts';
import { addedMeasure, comparedMeasure, type Measure, median } from './measure.ts';
import { beginOwnClaude } from './own-claude.ts';
import { CLAUDE } from './real-cli.ts';
import { createRig, type Urls } from './rig.ts';
import { makeFiles } from './workspace/many-files.ts';
import { cloneShared } from './workspace/plain-git.ts';

const FILES = 200;
const ROUNDS = 15;
const WARM_UPS = 2;
const POLL_MS = 2;
const QUERY = 'Say hello.';

/**
 * Launches sessions in a repository whose mirror is warm, in turn with sessions in an empty workspace and with
 * `git clone --shared` and the CLI by hand. Compares the medians of the times until the CLI has begun.
 */
export async function benchRepository(mongo: Mongo, urls: Urls): Promise<Measure[]> {
  const root = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const server = await startGitServer();
  const model = await startMessagesApi({ script: [text('Hello.')] });
  const credentials = { ANTHROPIC_BASE_URL: model.url, ANTHROPIC_API_KEY: 'scripted' };
  const rig = await createRig(mongo, urls);
  try {
    const repository = await server.create('bench');
    const { contents } = await makeFiles(join(root, 'files'), FILES);
    await repository.commit(
      Object.fromEntries([...contents].map(([path, content]) => [path, String(content)])),
    );
    await rig.worker({ ...credentials, ...gitServerSettings(server), CLAUDE_BIN: CLAUDE });

    async function launch(config: RequestConfig): Promise<number> {
      const start = performance.now();
      const { id } = await rig.baton.manager.launchSession(config);
      for (;;) {
        const session = await rig.baton.stores.sessions.get(id);
        if (session?.error) throw new Error(`session ${id} ${JSON.stringify(session.error)}`);
        if (session?.status === 'running' || session?.status === 'completed') break;
        await delay(POLL_MS);
      }
      const took = performance.now() - start;
      await rig.until([id], ({ status }) => isTerminal(status));
      return took;
    }

    async function byHand(round: number): Promise<number> {
      const target = join(root, `clone-${round}`);
      const start = performance.now();
      await cloneShared(repository.path, target);
      const claude = await beginOwnClaude(credentials, QUERY, target);
      const took = performance.now() - start;
      await claude.finish();
      await claude.end();
      return took;
    }

    const workspace = { type: 'git' as const, url: server.httpsUrl('bench') };
    const sides = {
      ours: () => launch({ query: QUERY, workspace }),
      empty: () => launch({ query: QUERY }),
      byHand,
    };
    const times = { ours: [] as number[], empty: [] as number[], byHand: [] as number[] };
    const names = ['ours', 'byHand', 'empty'] as const;
    for (let round = 1; round <= WARM_UPS + ROUNDS; round += 1) {
      // Alternates the order, so that what one side leaves behind affects each side equally.
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        const took = await sides[name](round);
        if (round > WARM_UPS) times[name].push(took);
      }
    }
    const [ours, empty] = [median(times.ours), median(times.empty)];
    return [
      addedMeasure('launch to running from a warm mirror', 'ms', {
        ours,
        byHand: median(times.byHand),
        most: 100,
      }),
      comparedMeasure('launch to running from a warm mirror, against an empty workspace', 'ms', {
        ours,
        byHand: empty,
      }),
    ];
  } finally {
    await rig.close();
    await model.stop();
    await server.close();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}
