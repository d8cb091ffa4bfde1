// Tests what the CLI does with the pictures and documents of a message.
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { text } from '../support/messages-api/reply.ts';
import type { MessagesRequest } from '../support/messages-api/request.ts';
import { makePdf, noisePng } from '../support/pictures.ts';
import { type Cli, type CliRun, makeCli } from './cli.ts';
import { converse, isResult, isState, toolRuns, WAITS } from './converse.ts';
import { bytesOf, entriesOf } from './transcript.ts';

let cli: Cli;
beforeAll(async () => {
  cli = await makeCli();
});
afterAll(() => cli.remove());

/** A block of a request, as far as these tests look at it. */
interface SentBlock {
  type: string;
  text?: string;
  title?: string;
  source?: { type: string; media_type: string; data: string };
}

const words = (text: string) => ({ type: 'text', text });
const image = (bytes: Buffer) => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: bytes.toString('base64') },
});
const pdf = (bytes: Buffer) => ({
  type: 'document',
  title: 'plan.pdf',
  source: { type: 'base64', media_type: 'application/pdf', data: bytes.toString('base64') },
});
const plain = (data: string) => ({
  type: 'document',
  source: { type: 'text', media_type: 'text/plain', data },
});

function ask(prompt: object[]): Promise<CliRun & { id: string }> {
  const id = randomUUID();
  return cli
    .run({ script: [text('one')], prompt, args: [`--session-id=${id}`] })
    .then((run) => ({ ...run, id }));
}

/** The blocks of the last user message of a request, without the CLI's own texts. */
function sentIn(request: MessagesRequest | undefined): SentBlock[] {
  const last = request?.body.messages.findLast(({ role }) => role === 'user');
  const blocks = (last?.content ?? []) as unknown as SentBlock[];
  return blocks.filter(
    ({ text: words = '' }) =>
      !words.startsWith('<system-reminder>') && !words.startsWith('[Image:'),
  );
}

const typesOf = (blocks: SentBlock[]) => blocks.map(({ type, text: said }) => said ?? type);

describe('a picture in a message', () => {
  test('reaches the API byte for byte if it is small', async () => {
    const picture = noisePng(20, 20);
    const run = await ask([words('look'), image(picture)]);
    const [first, second] = sentIn(run.requests[0]);
    expect(first?.text).toBe('look');
    expect(second?.source).toMatchObject({
      media_type: 'image/png',
      data: picture.toString('base64'),
    });
  });

  test('of 4 MB or 16 MB reaches the API as a JPEG of less than 1 MB', async () => {
    for (const side of [1_180, 2_300]) {
      const run = await ask([words('look'), image(noisePng(side, side))]);
      const { source } = sentIn(run.requests[0])[1] ?? {};
      expect(source?.media_type).toBe('image/jpeg');
      expect(source?.data.length).toBeLessThan(1024 * 1024);
    }
  });

  test('that is broken becomes a text for the model', async () => {
    const broken = Buffer.concat([noisePng(20, 20).subarray(0, 8), randomBytes(8)]);
    const run = await ask([words('look'), image(broken)]);
    expect(typesOf(sentIn(run.requests[0]))).toEqual([
      'look',
      expect.stringContaining('Image could not be processed'),
    ]);
  });
});

describe('a document in a message', () => {
  test('of 20 MiB reaches the API byte for byte with its title, and no line of stdout has it', async () => {
    const bytes = makePdf(20 * 1024 * 1024);
    const run = await ask([words('look'), pdf(bytes)]);
    const sent = sentIn(run.requests[0])[1];
    expect(sent).toMatchObject({ type: 'document', title: 'plan.pdf' });
    expect(sent?.source?.data === bytes.toString('base64')).toBe(true);
    expect(run.stdout.length).toBeLessThan(100_000);
    expect((await bytesOf(cli.home, run.id)).length).toBeGreaterThan(bytes.length);
  });

  test('of plain text reaches the API as it is', async () => {
    const run = await ask([words('look'), plain('plain words\nof "two" lines\n')]);
    expect(sentIn(run.requests[0])[1]?.source).toEqual({
      type: 'text',
      media_type: 'text/plain',
      data: 'plain words\nof "two" lines\n',
    });
  });
});

describe('the last text of a message with a picture', () => {
  test('is run as a slash command, and the picture is dropped', async () => {
    const run = await ask([words('look'), image(noisePng(20, 20)), words('/cost')]);
    expect(run.requests).toEqual([]);
  });

  test('is no slash command if a space is before it', async () => {
    const run = await ask([words('look'), image(noisePng(20, 20)), words(' /cost')]);
    expect(typesOf(sentIn(run.requests[0]))).toEqual([
      'look',
      'image',
      expect.stringMatching(/^ \/cost/),
    ]);
  });
});

describe('a message of blocks during a tool call', () => {
  const blocks = () => [
    words('look here'),
    image(noisePng(20, 20)),
    pdf(makePdf()),
    plain('words'),
  ];

  async function during(priority: 'next' | 'later' | 'now') {
    const uuid = randomUUID();
    const replies = [WAITS(), text('one'), text('two')];
    const run = await converse(cli, replies, async ({ claude, release }) => {
      await toolRuns(claude);
      claude.send(blocks(), { uuid, priority });
      await claude.line('the message in the queue', isState(uuid, 'queued'));
      await release();
      await claude.line('the end of its turn', isState(uuid, 'completed'));
      await claude.line('a result', isResult);
    });
    const sent = typesOf(sentIn(run.requests.at(-1)));
    const entries = await entriesOf(cli.home, run.id);
    return { uuid, sent, entries };
  }

  test('reaches the model without its documents with the priority next', async () => {
    const { uuid, sent, entries } = await during('next');
    expect(sent).toEqual(['tool_result', 'image']);
    expect(entries).toContainEqual(
      expect.objectContaining({ attachment: expect.objectContaining({ source_uuid: uuid }) }),
    );
  });

  test.for(['later', 'now'] as const)(
    'reaches the model whole with the priority %s, and its entry has its uuid',
    async (priority) => {
      const { uuid, sent, entries } = await during(priority);
      expect(sent.slice(-4)).toEqual(['look here', 'image', 'document', 'document']);
      expect(entries).toContainEqual(expect.objectContaining({ type: 'user', uuid }));
    },
  );
});
