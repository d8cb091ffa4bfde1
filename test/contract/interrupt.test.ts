// Tests what the CLI does with the control requests that end a turn or withdraw a message.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hang, text } from '../support/messages-api/reply.ts';
import { type Cli, halfAnAnswer, makeCli } from './cli.ts';
import {
  answersOf,
  converse,
  isResult,
  isState,
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

describe('the control request interrupt', () => {
  test('ends an answer with an error result, and the process takes the next message', async () => {
    const run = await converse(
      cli,
      [halfAnAnswer(), text('two')],
      async ({ claude }) => {
        await claude.line('the half', (line) => JSON.stringify(line).includes('"text":"of "'));
        expect(await claude.ask({ subtype: 'interrupt' })).toMatchObject({
          response: { subtype: 'success', response: { still_queued: [] } },
        });
        await claude.line('the result', isResult);
        await claude.line('the second result', resultOf(claude.send('again')));
      },
      ['--include-partial-messages'],
    );
    expect(run.results).toMatchObject([
      { subtype: 'error_during_execution', is_error: true, terminal_reason: 'aborted_streaming' },
      { subtype: 'success', is_error: false, result: 'two' },
    ]);
    expect(run.exitCode).toBe(0);
  });

  test('ends a tool call and tells the model that it was stopped', async () => {
    const run = await converse(cli, [WAITS(), text('two')], async ({ claude }) => {
      await toolRuns(claude);
      await claude.ask({ subtype: 'interrupt' });
      await claude.line('the result', isResult);
    });
    expect(run.results).toMatchObject([{ is_error: true, terminal_reason: 'aborted_tools' }]);
    const users = (await entriesOf(cli.home, run.id)).filter(({ type }) => type === 'user');
    expect(JSON.stringify(users)).toContain('[Request interrupted by user for tool use]');
    expect(run.exitCode).toBe(1);
  });

  test('before the first answer ends the turn with an error result too', async () => {
    const run = await converse(cli, [hang()], async ({ claude }) => {
      await claude.ask({ subtype: 'interrupt' });
      await claude.line('the result', isResult);
    });
    expect(run.results).toMatchObject([{ is_error: true }]);
  });

  test('between two turns changes nothing', async () => {
    const run = await converse(cli, [text('one'), text('two')], async ({ claude }) => {
      await claude.line('the first result', isResult);
      await claude.ask({ subtype: 'interrupt' });
      await claude.line('the second result', resultOf(claude.send('again')));
    });
    expect(answersOf(run)).toEqual(['one', 'two']);
  });

  test('leaves a message that waits, and a turn begins with that message', async () => {
    let uuid = '';
    const run = await converse(cli, [WAITS(), text('two')], async ({ claude }) => {
      await toolRuns(claude);
      uuid = claude.send('look here', { priority: 'later' });
      await claude.line('the message in the queue', isState(uuid, 'queued'));
      expect(await claude.ask({ subtype: 'interrupt' })).toMatchObject({
        response: { response: { still_queued: [uuid] } },
      });
      await claude.line('the second result', resultOf(uuid));
    });
    expect(answersOf(run)[1]).toBe('two');
  });
});

test('cancel_async_message withdraws a message that no turn has taken', async () => {
  let uuid = '';
  const run = await converse(
    cli,
    [WAITS(), text('one'), text('two')],
    async ({ claude, release }) => {
      await toolRuns(claude);
      uuid = claude.send('look here');
      await claude.line('the message in the queue', isState(uuid, 'queued'));
      const withdraw = (message_uuid: string) =>
        claude.ask({ subtype: 'cancel_async_message', message_uuid });
      expect(await withdraw(uuid)).toMatchObject({ response: { response: { cancelled: true } } });
      expect(await withdraw(uuid)).toMatchObject({ response: { response: { cancelled: false } } });
      await release();
      await claude.line('the result', isResult);
    },
  );
  expect(statesOf(run, uuid)).toEqual(['queued', 'cancelled']);
  expect(JSON.stringify(run.requests.map(({ body }) => body))).not.toContain('look here');
});
