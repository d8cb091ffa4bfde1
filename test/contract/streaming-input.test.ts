// Tests what the CLI does with several messages on one stdin.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { waitFor } from '../support/wait.ts';
import { type Cli, makeCli } from './cli.ts';
import {
  answersOf,
  converse,
  isResult,
  isState,
  newestId,
  resultOf,
  statesOf,
  toolRuns,
  WAITS,
} from './converse.ts';
import { entriesOf } from './transcript.ts';

let cli: Cli;
beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

describe('a message that is sent after a result', () => {
  test('gets a turn of its own in the same process, with an init and a result', async () => {
    const run = await converse(cli, [text('one'), text('two')], async ({ claude }) => {
      await claude.line('the first result', isResult);
      const second = claude.send('again');
      await claude.line('the second result', resultOf(second));
    });
    expect(run.lines.map((line) => line.subtype ?? line.type)).toEqual([
      'init',
      'assistant',
      'success',
      'init',
      'assistant',
      'success',
    ]);
    expect(answersOf(run)).toEqual(['one', 'two']);
    expect(run.exitCode).toBe(0);
  });

  test('is an entry of the transcript with its uuid, and its states are reported under that uuid', async () => {
    let uuid = '';
    const run = await converse(cli, [text('one'), text('two')], async ({ claude }) => {
      await claude.line('the first result', isResult);
      uuid = claude.send('again');
      await claude.line('the second result', resultOf(uuid));
    });
    expect(statesOf(run, uuid)).toEqual(['queued', 'started', 'completed']);
    const entries = await entriesOf(cli.home, run.id);
    expect(entries).toContainEqual(expect.objectContaining({ type: 'user', uuid }));
  });

  test('has the turns, the usage and the total cost of a result of its own', async () => {
    const run = await converse(cli, [text('one'), text('two')], async ({ claude }) => {
      await claude.line('the first result', isResult);
      await claude.line('the second result', resultOf(claude.send('again')));
    });
    const [first, second] = run.results;
    expect([first?.['num_turns'], second?.['num_turns']]).toEqual([1, 1]);
    expect(second?.['usage']).toMatchObject({ input_tokens: 10, output_tokens: 5 });
    expect(Number(second?.['total_cost_usd'])).toBeCloseTo(2 * Number(first?.['total_cost_usd']));
  });
});

describe('a message that is sent during a tool call', () => {
  async function during(priority: 'next' | 'later' | 'now') {
    let uuid = '';
    const replies = [WAITS(), text('one'), text('two')];
    const run = await converse(cli, replies, async ({ claude, release }) => {
      await toolRuns(claude);
      uuid = claude.send('look here', { priority });
      await claude.line('the message in the queue', isState(uuid, 'queued'));
      await release();
      await claude.line('the end of its turn', isState(uuid, 'completed'));
      await claude.line('a result', isResult);
    });
    return { run, uuid, entries: await entriesOf(cli.home, run.id) };
  }

  test('goes to the model with the tool’s result, and is an attachment of the transcript', async () => {
    const { run, uuid, entries } = await during('next');
    expect(JSON.stringify(run.requests[1]?.body.messages)).toContain('look here');
    expect(answersOf(run)).toEqual(['one']);
    const attachment = expect.objectContaining({ type: 'queued_command', source_uuid: uuid });
    expect(entries).toContainEqual(expect.objectContaining({ type: 'attachment', attachment }));
  });

  test('waits for the end of the turn with the priority later', async () => {
    const { run, uuid, entries } = await during('later');
    expect(JSON.stringify(run.requests[1]?.body.messages)).not.toContain('look here');
    expect(answersOf(run)).toEqual(['one', 'two']);
    expect(entries).toContainEqual(expect.objectContaining({ type: 'user', uuid }));
  });

  test('ends the turn once the tool has returned with the priority now', async () => {
    const { run, uuid, entries } = await during('now');
    expect(run.requests).toHaveLength(2);
    expect(run.results[0]).toMatchObject({ is_error: false, terminal_reason: 'aborted_tools' });
    expect(run.results[0]?.['result']).toBe('');
    expect(answersOf(run)[1]).toBe('one');
    expect(entries).toContainEqual(expect.objectContaining({ type: 'user', uuid }));
  });

  test('is not in the transcript yet, except as an entry of the queue, if the CLI is killed', async () => {
    let uuid = '';
    const run = await converse(cli, [WAITS()], async ({ claude }) => {
      await toolRuns(claude);
      uuid = claude.send('look here');
      await claude.line('the message in the queue', isState(uuid, 'queued'));
      await waitFor('the entries of the queue', async () => {
        const saved = (await cli.home.readTranscript(newestId())) ?? '';
        return saved.split('"operation":"enqueue"').length > 2;
      });
      process.kill(-claude.pid, 'SIGKILL');
      await claude.done;
    });
    const saved = JSON.stringify(await entriesOf(cli.home, run.id));
    expect(saved).not.toContain('look here');
    expect(saved).not.toContain(uuid);
    const args = [`--resume=${run.id}`];
    const resumed = await cli.run({ script: [text('ok')], args, prompt: 'go on' });
    expect(JSON.stringify(resumed.requests[0]?.body.messages)).not.toContain('look here');
  });
});

test('two messages that wait together become one entry with the uuid of the last, which lists the first', async () => {
  const uuids: string[] = [];
  const run = await converse(
    cli,
    [WAITS(), text('one'), text('two')],
    async ({ claude, release }) => {
      await toolRuns(claude);
      for (const said of ['first', 'second']) uuids.push(claude.send(said, { priority: 'later' }));
      for (const uuid of uuids) await claude.line('the message', isState(uuid, 'queued'));
      await release();
      for (const uuid of uuids) await claude.line('its end', isState(uuid, 'completed'));
    },
  );
  const [first, second] = uuids;
  expect(await entriesOf(cli.home, run.id)).toContainEqual(
    expect.objectContaining({ type: 'user', uuid: second, mergedSendUuids: [first] }),
  );
  expect(run.results).toHaveLength(2);
});

describe('a message whose uuid the conversation has already', () => {
  test('is ignored within the process', async () => {
    const uuid = randomUUID();
    const run = await converse(
      cli,
      [text('one'), text('two'), text('three')],
      async ({ claude }) => {
        await claude.line('the first result', isResult);
        claude.send('again', { uuid });
        await claude.line('the second result', resultOf(uuid));
        claude.send('again', { uuid });
      },
    );
    expect(run.requests).toHaveLength(2);
    expect(run.exitCode).toBe(0);
  });

  test('is ignored by a resume', async () => {
    const uuid = randomUUID();
    const first = await converse(cli, [text('one'), text('two')], async ({ claude }) => {
      await claude.line('the first result', isResult);
      claude.send('again', { uuid });
      await claude.line('the second result', resultOf(uuid));
    });
    const options = { script: [text('three'), text('four')], args: [`--resume=${first.id}`] };
    const run = await cli.runUntil(
      { ...options, prompt: 'go on', staysOpen: true },
      async (claude) => {
        await claude.line('the first result', isResult);
        claude.send('again', { uuid });
        await claude.line('the message', isState(uuid, 'completed'));
        claude.close();
      },
    );
    expect(run.requests).toHaveLength(1);
  });
});

describe('the limits of a process', () => {
  const calls = () => toolUse('Bash', { command: 'true' });

  test('--max-turns counts for each message anew', async () => {
    const run = await converse(
      cli,
      [calls(), calls(), calls(), text('two')],
      async ({ claude }) => {
        await claude.line('the first result', isResult);
        await claude.line('the second result', resultOf(claude.send('again')));
      },
      ['--max-turns=2'],
    );
    expect(run.results).toMatchObject([
      { subtype: 'error_max_turns', is_error: true },
      { subtype: 'success', is_error: false, num_turns: 2, result: 'two' },
    ]);
  });

  test('--max-budget-usd counts for the whole process', async () => {
    const run = await converse(
      cli,
      [text('one'), text('two'), text('three')],
      async ({ claude }) => {
        await claude.line('the first result', isResult);
        await claude.line('the second result', resultOf(claude.send('again')));
        await claude.line('the third result', resultOf(claude.send('again')));
      },
      ['--max-budget-usd=0.0002'],
    );
    expect(run.results.map((line) => line.subtype)).toEqual([
      'success',
      'error_max_budget_usd',
      'error_max_budget_usd',
    ]);
    expect(run.requests).toHaveLength(2);
  });

  test('--json-schema asks each turn for a structured answer of its own', async () => {
    const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
    const answer = (n: number) => toolUse('StructuredOutput', { n });
    const run = await converse(
      cli,
      [answer(1), answer(2)],
      async ({ claude }) => {
        await claude.line('the first result', isResult);
        await claude.line('the second result', resultOf(claude.send('again')));
      },
      [`--json-schema=${JSON.stringify(schema)}`],
    );
    expect(run.results.map((line) => line['structured_output'])).toEqual([{ n: 1 }, { n: 2 }]);
  });
});

test('a tool call that needs an approval is denied without a question', async () => {
  const run = await converse(
    cli,
    [toolUse('Write', { file_path: 'new.txt', content: 'x' }), text('one')],
    ({ claude }) => claude.line('the result', isResult),
  );
  expect(run.allLines.filter(({ type }) => type === 'control_request')).toEqual([]);
  expect(run.results[0]?.['permission_denials']).toHaveLength(1);
});

test('with --permission-prompt-tool=stdio the CLI asks on stdout, and obeys a denial', async () => {
  const run = await converse(
    cli,
    [toolUse('Write', { file_path: 'new.txt', content: 'x' }), text('one')],
    async ({ claude }) => {
      const asked = await claude.line('the question', ({ type }) => type === 'control_request');
      expect(asked['request']).toMatchObject({ subtype: 'can_use_tool', tool_name: 'Write' });
      claude.answer(asked, { behavior: 'deny', message: 'no' });
      await claude.line('the result', isResult);
    },
    ['--permission-prompt-tool=stdio'],
  );
  expect(run.results[0]?.['permission_denials']).toHaveLength(1);
});
