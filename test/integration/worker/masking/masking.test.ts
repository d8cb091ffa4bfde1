// The operator's secrets in the CLI's output are masked before anything is stored, published or logged.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test } from '../../../support/fleet.ts';
import { runWorker } from '../../../support/worker-process.ts';

const KEY = 'sk-ant-key-of-the-operator-4711';
const HIDDEN = '*'.repeat(KEY.length);
const MEBIBYTE = 1024 * 1024;

test.beforeAll(({ fleet }) =>
  fleet.worker({ ANTHROPIC_API_KEY: KEY, LOG_LEVEL: 'debug' }).then(() => undefined),
);

test('a line is masked before it is cut at 1 MiB', async ({ fleet }) => {
  // The lines are too long for the fake's prompt, so it reads them from a file.
  const file = join(fleet.root, 'long-line.jsonl');
  const cutAt = (location: number) => {
    const line = { type: 'assistant', message: { content: 'x'.repeat(location), after: KEY } };
    const at = JSON.stringify(line).indexOf(KEY);
    return JSON.stringify({
      ...line,
      message: { content: 'x'.repeat(2 * location - at), after: KEY },
    });
  };
  const lines = [5, 15, KEY.length - 1].map((received) => cutAt(MEBIBYTE - received));
  await writeFile(file, `${lines.join('\n')}\n`);
  const id = await fleet.play([{ raw_file: file }]);
  await fleet.ended(id);
  const cut = (await fleet.events(id)).filter(({ raw_bytes }) => raw_bytes !== undefined);
  expect(cut).toHaveLength(lines.length);
  for (const { raw } of cut) expect(raw.slice(-40)).toMatch(/"after":"\*+$/);
});

test('a failure’s stderr is masked, even a secret that the start of the tail would cut', async ({
  fleet,
}) => {
  const id = await fleet.play([
    { init: false },
    { stderr: `${KEY.repeat(1_000)}\nthe end of ${KEY}` },
    { exit: 3 },
  ]);
  const { failure } = await fleet.ended(id);
  expect(failure?.stderr_tail).toMatch(/the end of/);
  expect(JSON.stringify(failure)).not.toMatch(/rator-4711|perator|sk-ant/);
});

test('a result, its structured output and output that is not JSON are masked', async ({
  fleet,
}) => {
  const id = await fleet.play([
    { raw: `noise with ${KEY}\n{"garbage": ${KEY}\n` },
    {
      result: {
        result: `it is ${KEY}`,
        structured_output: { key: KEY, [KEY]: [KEY] },
        permission_denials: [
          { tool_name: 'Bash', tool_use_id: 'toolu_1', tool_input: { id: KEY } },
        ],
      },
    },
  ]);
  const { result } = await fleet.ended(id);
  expect(result).toMatchObject({
    result: `it is ${HIDDEN}`,
    structured_output: { key: HIDDEN, [KEY]: [HIDDEN] },
    permission_denials: [{ tool_input: { id: HIDDEN } }],
  });
  const events = await fleet.events(id);
  expect(events.find(({ type }) => type === 'garbage')?.raw).toBe(`{"garbage": ${HIDDEN}`);
  for (const { type, raw } of events) if (type !== 'result') expect(raw).not.toContain(KEY);
});

test('a worker’s log on stderr holds no secret', async ({ fleet }) => {
  const run = runWorker({ ...fleet.env, ANTHROPIC_API_KEY: KEY, CLAUDE_BIN: `/nowhere/${KEY}` });
  expect(await run.ended).toMatchObject({ code: 1 });
  expect(run.err()).toContain(`/nowhere/${HIDDEN}`);
});
