// The fake must take messages during a turn like the real CLI: each test puts both into the same
// situation.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FAKE_CLAUDE } from '../fake-claude/install.ts';
import { text, toolUse } from '../support/messages-api/reply.ts';
import type { Line, RunningClaude } from '../support/real-claude.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';
import { entriesOf } from './transcript.ts';

type Priority = 'next' | 'later' | 'now';

let real: Cli;
let fake: Cli;
beforeAll(async () => {
  real = await makeCli();
  fake = await makeCli(FAKE_CLAUDE);
});
afterAll(async () => {
  await real.remove();
  await fake.remove();
});

let count = 0;

/** A run in which messages came during the first turn. */
interface Talk {
  run: CliRun;
  uuids: string[];
  entries: Line[];
}

/**
 * Sends messages with these priorities while a tool runs, or while the fake is between two marks.
 */
async function talk(cli: Cli, priorities: Priority[]): Promise<Talk> {
  count += 1;
  const id = `0197f0a0-bbbb-7000-8000-${String(count).padStart(12, '0')}`;
  const go = join(cli.home.workDir, id);
  const command = 'until [ -f $GO ]; do sleep 0.1; done; echo made';
  const steps = [{ marks: id, to: 1 }, { wait_for: go }, { marks: id, to: 3 }];
  const uuids: string[] = [];
  const run = await cli.runUntil(
    {
      script: [toolUse('Bash', { command }), text('one'), text('two')],
      args: [`--session-id=${id}`, '--allowedTools=Bash'],
      prompt: cli === fake ? `go\n#fake ${JSON.stringify(steps)}` : 'go',
      staysOpen: true,
      env: { GO: go },
    },
    async (claude) => {
      await claude.line('the first step', ({ type }) => type === 'assistant');
      for (const [index, priority] of priorities.entries()) {
        uuids.push(claude.send(`message ${index + 1}`, { priority }));
      }
      for (const uuid of uuids) await state(claude, uuid, 'queued');
      await writeFile(go, '');
      for (const uuid of uuids) await state(claude, uuid, 'completed');
      claude.close();
    },
  );
  return { run, uuids, entries: await entriesOf(cli.home, id) };
}

const state = (claude: RunningClaude, uuid: string, name: string) =>
  claude.line(name, (line) => line['command_uuid'] === uuid && line['state'] === name);

const statesOf = ({ run, uuids }: Talk) =>
  uuids.map((uuid) =>
    run.allLines.filter((line) => line['command_uuid'] === uuid).map((line) => line['state']),
  );
const resultsOf = ({ run }: Talk) =>
  run.results.map(({ is_error, terminal_reason, subtype }) => [
    subtype,
    is_error,
    terminal_reason ?? null,
  ]);

/** Returns which entries of the transcript have each message, and the field that names it. */
function entryKindsOf({ entries, uuids }: Talk) {
  return uuids.map((uuid) =>
    entries.flatMap(({ type, ...entry }) => {
      const attachment = entry['attachment'] as Line | undefined;
      const merged = (entry['mergedSendUuids'] ?? []) as string[];
      if (attachment?.['source_uuid'] === uuid) return [[type, 'source_uuid']];
      if (merged.includes(uuid)) return [[type, 'mergedSendUuids']];
      return entry['uuid'] === uuid ? [[type, 'uuid']] : [];
    }),
  );
}

test.each<{ priorities: Priority[] }>([
  { priorities: ['next'] },
  { priorities: ['later'] },
  { priorities: ['now'] },
  { priorities: ['later', 'later', 'later'] },
  { priorities: ['next', 'later'] },
])(
  'the fake takes messages of the priorities $priorities like the real CLI',
  async ({ priorities }) => {
    const [inReal, inFake] = [await talk(real, priorities), await talk(fake, priorities)];
    expect(entryKindsOf(inFake)).toEqual(entryKindsOf(inReal));
    expect(statesOf(inFake)).toEqual(statesOf(inReal));
    expect(resultsOf(inFake)).toEqual(resultsOf(inReal));
  },
);

test('the fake’s attachment has no key that the real attachment lacks', async () => {
  const attachmentOf = ({ entries }: Talk) =>
    entries.find(({ attachment }) => (attachment as Line)?.['source_uuid'] !== undefined);
  const inReal = attachmentOf(await talk(real, ['next']));
  const inFake = attachmentOf(await talk(fake, ['next']));
  for (const of of [(one?: Line) => one, (one?: Line) => one?.['attachment']]) {
    expect(Object.keys(of(inReal) ?? {})).toEqual(
      expect.arrayContaining(Object.keys(of(inFake) ?? {})),
    );
  }
  expect(inFake).toBeDefined();
});
