// What the transcript holds of a document. Baton stores a long run of base64 once for a conversation
// (docs/reliability.md), so each copy of a document must be the same unbroken run.
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { text, toolUse } from '../support/messages-api/reply.ts';
import { type Cli, makeCli } from './cli.ts';
import { bytesOf } from './transcript.ts';

const PDF = Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(3 * 1024 * 1024)]);
const BASE64 = PDF.toString('base64');

let cli: Cli;
beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

/** Returns how many long runs of base64 a transcript has, all of which must be the PDF. */
async function copiesIn(id: string): Promise<number> {
  const runs = (await bytesOf(cli.home, id)).match(/[A-Za-z0-9+/]{65536,}={0,2}/g) ?? [];
  expect(runs.every((run) => run === BASE64)).toBe(true);
  return runs.length;
}

test('a PDF in a message reaches the API byte for byte, and is one unbroken run of base64 in the transcript', async () => {
  const id = randomUUID();
  const source = { type: 'base64', media_type: 'application/pdf', data: BASE64 };
  const content = [
    { type: 'document', source },
    { type: 'text', text: 'summarize it' },
  ];
  const message = { type: 'user', uuid: randomUUID(), message: { role: 'user', content } };
  const options = {
    script: [text('hello'), text('a summary')],
    args: [`--session-id=${id}`],
    prompt: 'hello',
    staysOpen: true,
  };
  const run = await cli.runUntil(options, async (claude) => {
    await claude.line('the first answer', ({ type }) => type === 'result');
    claude.child.stdin?.write(`${JSON.stringify(message)}\n`);
    claude.close();
  });
  expect(run.exitCode, run.stderr).toBe(0);
  expect(JSON.stringify(run.requests.at(-1)?.body.messages).includes(BASE64)).toBe(true);
  expect(await copiesIn(id)).toBe(1);
});

test('a PDF that the tool Read returned is the same run of base64 twice in the transcript', async () => {
  const id = randomUUID();
  const path = join(cli.home.workDir, 'report.pdf');
  await writeFile(path, PDF);
  const run = await cli.run({
    script: [toolUse('Read', { file_path: path }), text('a summary')],
    args: [`--session-id=${id}`, '--allowedTools=Read'],
    prompt: 'read it',
  });
  expect(run.exitCode, run.stderr).toBe(0);
  expect(JSON.stringify(run.requests.at(-1)?.body.messages).includes(BASE64)).toBe(true);
  expect(await copiesIn(id)).toBe(2);
});
