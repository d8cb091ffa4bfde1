// Faults of workers, with the real CLI.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { isAlive } from '../support/alive.ts';
import type { Fleet } from '../support/fleet.ts';
import { holdMaintenance } from '../support/hold-maintenance.ts';
import type { MessagesApi } from '../support/messages-api/messages-api.ts';
import { type Reply, text, toolUse } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { claudeBin } from '../support/real-claude.ts';
import { testWithModel } from '../support/scripted-fleet.ts';
import { waitFor } from '../support/wait.ts';

const GO_ON = 'Continue from where you left off.';

const isRunning = ({ status }: { status: string }) => status === 'running';

// In the first attempt the model sends half an answer or a tool call that never ends. The model
// answers the prompt GO_ON.
function answer({ prompt, prompts }: MessagesRequest): Reply {
  if (prompt === GO_ON) return text('The rest.');
  const [verb, file] = (prompts[0] ?? '').split(' ');
  if (verb === 'run') return toolUse('Bash', { command: `echo $$ > ${file}; sleep 600; true` });
  const half = (piece: number) => (piece < 2 ? Promise.resolve() : new Promise(() => undefined));
  return text(['half ', 'of ', 'it'], { pace: half });
}

const test = testWithModel(answer);

/** What a worker needs to run the real CLI against this model. */
const realCli = (api: MessagesApi) => ({
  CLAUDE_BIN: claudeBin(),
  ANTHROPIC_BASE_URL: api.url,
  ANTHROPIC_API_KEY: 'dummy-key-of-the-tests',
});

async function transcriptOf({ baton }: Fleet, session: Session): Promise<string> {
  let whole = '';
  for (const file of session.transcript.files) {
    for await (const data of baton.stores.transcripts.read(file, [session]))
      whole += data.toString();
  }
  return whole;
}

/** Returns a session in the middle of a streamed answer. Its prompt is saved. */
async function streaming(fleet: Fleet): Promise<Session> {
  const id = await fleet.launch({ query: 'stream it' });
  await waitFor('its prompt to be saved', async () => {
    const session = await fleet.session(id).catch(() => null);
    return session !== null && (await transcriptOf(fleet, session)).includes('stream it');
  });
  return fleet.until(id, 'running', isRunning);
}

/**
 * Returns a session in the middle of a tool call that is saved, and the shell process of the call.
 */
async function usingATool(fleet: Fleet, name: string) {
  const file = join(fleet.root, `${name}.pid`);
  const id = await fleet.launch({ query: `run ${file}`, allowed_tools: ['Bash'] });
  await waitFor('its call to be saved', async () => {
    const session = await fleet.session(id).catch(() => null);
    return session !== null && (await transcriptOf(fleet, session)).includes('"tool_use"');
  });
  const shell = await waitFor('the shell', async () => {
    const said = await readFile(file, 'utf8').catch(() => '');
    return said.endsWith('\n') && Number(said);
  });
  return { session: await fleet.until(id, 'running', isRunning), shell };
}

function requestsOf(api: MessagesApi, { id }: Session): MessagesRequest[] {
  return api.requests.filter(({ sessionId }) => sessionId === id);
}

/** Expects that all earlier events are still stored, without gaps or duplicates. */
async function expectWhole(fleet: Fleet, id: string, received: { seq: number }[]): Promise<void> {
  const events = await fleet.events(id);
  expect(events.slice(0, received.length)).toEqual(received);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
}

describe.concurrent('after a worker fault,', () => {
  test('another worker resumes the sessions of a worker that was killed in a turn, without lost or duplicate events or processes', async ({
    fleet,
    api,
  }) => {
    const mine = fleet.sibling();
    const settings = { ...realCli(api), LEASE_MS: '12000' }; // the default lease
    const victim = await mine.worker(settings);
    const [streamed, tool] = await Promise.all([streaming(mine), usingATool(mine, 'killed')]);
    const ids = [streamed.id, tool.session.id];
    const received = await Promise.all(ids.map((id) => mine.events(id)));
    const survivor = await mine.worker(settings);
    await victim.kill();

    for (const [index, id] of ids.entries()) {
      const session = await mine.ended(id);
      expect(session).toMatchObject({
        status: 'completed',
        result: { result: 'The rest.' },
        counts: { crashes: 1, retries: 0, hand_backs: 0 },
        attempts: [{ worker_id: victim.id }, { worker_id: survivor.id }],
      });
      await expectWhole(mine, id, received[index] ?? []);
      const [first, second, ...more] = requestsOf(api, session);
      expect(more).toEqual([]);
      expect(second?.prompts).toEqual([first?.prompt, GO_ON]);
      expect(isAlive(session.attempts[0]?.pid)).toBe(false);
    }
    expect(isAlive(tool.shell)).toBe(false);
  });

  test('a session that a draining worker cannot finish resumes at once on another worker, without using up a retry', async ({
    fleet,
    api,
  }) => {
    const mine = fleet.sibling();
    await holdMaintenance(mine.db);
    // Without the reconciler, and with a lease of ten minutes, only the hand-back gives the session to
    // the other worker.
    const leaving = await mine.worker({
      ...realCli(api),
      DRAIN_TIMEOUT_MS: '100',
      LEASE_MS: '600000',
    });
    const { session, shell } = await usingATool(mine, 'deployed');
    const received = await mine.events(session.id);
    const staying = await mine.worker(realCli(api));
    expect(await leaving.stop()).toEqual({ code: 0, signal: null });

    const ended = await mine.ended(session.id);
    expect(ended).toMatchObject({
      status: 'completed',
      result: { result: 'The rest.' },
      counts: { crashes: 0, retries: 0, hand_backs: 1 },
      attempts: [{ worker_id: leaving.id, outcome: 'handed_back' }, { worker_id: staying.id }],
    });
    await expectWhole(mine, session.id, received);
    const [, resumed] = requestsOf(api, ended);
    // The model must learn that the call was cut off, not that a person refused it.
    expect(resumed?.prompts.at(-1)).toBe(GO_ON);
    expect(JSON.stringify(resumed?.body.messages)).not.toContain('want to proceed');
    expect(isAlive(shell)).toBe(false);
  });
});
