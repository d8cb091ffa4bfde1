// Compares a scripted session of one turn, from enqueue to final document, with a plain `claude -p`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isTerminal, type Mongo } from '@baton/core/internal';
import { execa } from 'execa';
import { startMessagesApi } from '../test/support/messages-api/messages-api.ts';
import { text } from '../test/support/messages-api/reply.ts';
import { addedMeasure, type Measure, median } from './measure.ts';
import { startOwnClaude } from './own-claude.ts';
import { byHandEnv, CLAUDE } from './real-cli.ts';
import { createRig, type Urls } from './rig.ts';

const QUERY = 'Say hello.';
const ANSWER = 'Hello.';
const ROUNDS = 9;

/**
 * Runs the same turn in turn with Baton and without Baton, and compares the median wall times.
 */
export async function benchTurn(mongo: Mongo, urls: Urls): Promise<Measure[]> {
  const root = await mkdtemp(join(tmpdir(), 'baton-bench-'));
  const api = await startMessagesApi({ script: [text(ANSWER)] });
  const credentials = { ANTHROPIC_BASE_URL: api.url, ANTHROPIC_API_KEY: 'scripted' };
  const rig = await createRig(mongo, urls);
  await rig.worker({ ...credentials, CLAUDE_BIN: CLAUDE });

  async function ours(): Promise<number> {
    const start = Date.now();
    const ids = await rig.launch(1, QUERY);
    const [session] = await rig.until(ids, ({ status }) => isTerminal(status));
    if (session?.status !== 'completed') throw new Error(`session ${ids} ${session?.error}`);
    // Uses the time of the session's last write, so that the poll interval does not count.
    return (session.end_time?.getTime() ?? Number.NaN) - start;
  }

  // A user who has one prompt gives it as text. Baton writes it as a line of streaming input.
  async function plain(round: number): Promise<number> {
    const start = Date.now();
    await execa(CLAUDE, ['--print', '--output-format=stream-json', '--verbose'], {
      input: QUERY,
      cwd: root,
      extendEnv: false,
      env: byHandEnv(root, `plain-${round}`, credentials),
    });
    return Date.now() - start;
  }

  // What Baton does: the prompt is a line of streaming input, and stdin is closed after the result.
  async function streamed(): Promise<number> {
    const start = Date.now();
    const claude = await startOwnClaude(credentials, QUERY, ANSWER);
    await claude.finish();
    const took = Date.now() - start;
    await claude.end();
    return took;
  }

  const times = { ours: [] as number[], plain: [] as number[], streamed: [] as number[] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [baton, byHand, byStream] = [await ours(), await plain(round), await streamed()];
    if (round === 0) continue; // warm-up
    times.ours.push(baton);
    times.plain.push(byHand);
    times.streamed.push(byStream);
  }
  await rig.close();
  await api.stop();
  await rm(root, { recursive: true, force: true });
  const compare = (name: string, byHand: number[]) =>
    addedMeasure(name, 'ms', { ours: median(times.ours), byHand: median(byHand), most: 150 });
  return [
    compare('one-turn session, wall time', times.plain),
    compare('one-turn session, against streaming input', times.streamed),
  ];
}
