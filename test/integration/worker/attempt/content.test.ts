// Prompts and messages with pictures and documents, from the stored files to the CLI, also across a crash.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promptUuidOf, type RequestConfig, type Session } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { fakePrompt } from '../../../fake-claude/install.ts';
import type { Step } from '../../../fake-claude/script.ts';
import { type Fleet, test } from '../../../support/fleet.ts';
import { makePdf, noisePng } from '../../../support/pictures.ts';
import { transcriptOf } from '../../../support/transcript-of.ts';
import { waitFor } from '../../../support/wait.ts';

const PNG = noisePng(8, 8);

const said = (text: string) => ({ type: 'text' as const, text });
const picture = (bytes: Buffer) => ({
  type: 'image' as const,
  source: { type: 'base64' as const, data: bytes.toString('base64') },
});
const text = (data: string) => ({
  type: 'document' as const,
  source: { type: 'text' as const, data },
  title: 'notes.txt',
});

async function store({ baton }: Fleet, bytes: Buffer): Promise<string> {
  async function* pieces() {
    yield bytes;
  }
  const file = { tenant: 'default', pieces: pieces(), maxBytes: bytes.length };
  return (await baton.stores.files.put(file)).id;
}

const launch = async (
  { baton }: Fleet,
  content: NonNullable<RequestConfig['content']>,
  config: Partial<RequestConfig> = {},
) => (await baton.manager.launchSession({ content, recovery: { max_retries: 0 }, ...config })).id;

/** A block of an entry of the transcript. */
interface Shown {
  type: string;
  text?: string;
  title?: string;
  source?: { type: string; media_type: string; data: string };
}

/** The entries of the user in the stored transcript, with their blocks. */
async function entriesOf(fleet: Fleet, session: Session) {
  const lines = (await transcriptOf(fleet, session)).split('\n').filter(Boolean);
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ type, message }) => type === 'user' && message.content[0].type !== 'tool_result')
    .map(({ uuid, message }): { uuid: string; blocks: Shown[] } => ({
      uuid,
      blocks: message.content,
    }));
}

describe('a session with content', () => {
  test('gives the CLI its blocks in order, with the bytes of the files', async ({ fleet }) => {
    await fleet.worker();
    const pdf = makePdf();
    const file_id = await store(fleet, pdf);
    const content = [
      said('look at "this"'),
      picture(PNG),
      { type: 'document' as const, source: { type: 'file' as const, file_id }, title: 'plan.pdf' },
      text('zwölf\n"lines"'),
      said('/cost'),
    ];
    const session = await fleet.ended(await launch(fleet, content));
    expect(session).toMatchObject({ status: 'completed', query: 'look at "this"\n\n/cost' });
    const [entry] = await entriesOf(fleet, session);
    expect(entry).toEqual({
      uuid: promptUuidOf(session.id),
      blocks: [
        said('look at "this"'),
        {
          type: 'image',
          source: { type: 'base64', media_type: 'image/png', data: PNG.toString('base64') },
        },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: pdf.toString('base64') },
          title: 'plan.pdf',
        },
        {
          type: 'document',
          source: { type: 'text', media_type: 'text/plain', data: 'zwölf\n"lines"' },
          title: 'notes.txt',
        },
        said(' /cost'),
      ],
    });
  });

  test('has an event of its prompt that names the files and does not hold them', async ({
    fleet,
  }) => {
    const session = await fleet.ended(await launch(fleet, [said('look'), picture(PNG)]));
    const [prompt] = await fleet.events(session.id);
    const shown = session.config.content?.[1];
    const file_id = shown?.type === 'image' ? shown.source.file_id : '';
    expect(JSON.parse(prompt?.raw ?? '').message.content).toEqual([
      said('look'),
      { type: 'image', source: { type: 'file', file_id } },
    ]);
  });

  test('gets a document of 20 MiB whole', { timeout: 60_000 }, async ({ fleet }) => {
    const pdf = makePdf(20 * 1024 * 1024);
    const source = { type: 'file' as const, file_id: await store(fleet, pdf) };
    const session = await fleet.ended(await launch(fleet, [{ type: 'document', source }]));
    expect(session).toMatchObject({ status: 'completed', query: '[document]' });
    const [entry] = await entriesOf(fleet, session);
    expect(entry?.blocks[0]?.source?.data === pdf.toString('base64')).toBe(true);
  });

  test('fails if the worker does not find its file', async ({ fleet, onTestFinished }) => {
    const gated = fleet.sibling(onTestFinished);
    const id = await launch(gated, [said('look'), picture(PNG)]);
    await gated.db.collection('files.files').deleteMany({});
    await gated.worker();
    expect((await gated.ended(id)).failure).toMatchObject({
      code: 'FILE_NOT_FOUND',
      field: 'content.1.source',
      retryable: false,
    });
  });
});

/** The first attempt plays `first` and hangs; later attempts play `second`. */
const twice = (once: string, first: Step[], second: Step[]): Step[] => [
  { once, steps: [...first, { hang: true }], else: second },
];

describe('a session with content whose worker was killed', () => {
  test('goes through its prompt only once if the transcript holds it', { timeout: 60_000 }, async ({
    fleet: first,
    onTestFinished,
  }) => {
    const fleet = first.sibling(onTestFinished);
    const victim = await fleet.worker();
    const prompt = fakePrompt(twice(join(fleet.root, 'held'), [{ say: 'one' }], []));
    const id = await launch(fleet, [picture(PNG), said(prompt)]);
    await waitFor('the prompt in the stored transcript', async () => {
      const session = await fleet.session(id);
      return (await transcriptOf(fleet, session)).includes(promptUuidOf(id));
    });
    await victim.kill();
    await fleet.worker({ FAKE_CLAUDE_SCRIPT: JSON.stringify([{ say: 'two' }]) });
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'completed', counts: { crashes: 1 } });
    const entries = await entriesOf(fleet, session);
    expect(entries.map(({ blocks }) => blocks.map(({ type, text }) => text ?? type))).toEqual([
      ['image', prompt],
      ['Continue from where you left off.'],
    ]);
  });

  test('gets its prompt again if it restarts', { timeout: 60_000 }, async ({
    fleet: first,
    onTestFinished,
  }) => {
    const fleet = first.sibling(onTestFinished);
    const victim = await fleet.worker();
    const script = twice(join(fleet.root, 'restarted'), [{ say: 'one' }], [{ say: 'two' }]);
    const id = await launch(fleet, [picture(PNG), said(fakePrompt(script))], {
      recovery: { max_retries: 0, on_crash: 'restart' },
    });
    await fleet.until(id, 'one event of the answer', ({ last_event_seq }) => last_event_seq > 2);
    await victim.kill();
    await fleet.worker();
    const session = await fleet.ended(id);
    expect(session).toMatchObject({ status: 'completed', result: { result: 'two' } });
    const entries = await entriesOf(fleet, session);
    expect(entries.map(({ uuid }) => uuid)).toEqual([promptUuidOf(id)]);
    expect(entries[0]?.blocks[0]?.source?.data).toBe(PNG.toString('base64'));
  });
});

describe('a message with content', () => {
  test('reaches a session that runs, and is delivered although it is long', {
    timeout: 60_000,
  }, async ({ fleet: first, onTestFinished }) => {
    const fleet = first.sibling(onTestFinished);
    await fleet.worker();
    const go = join(fleet.root, 'go-on');
    const id = await fleet.play([{ wait_for: go }, { say: 'one' }]);
    await fleet.until(id, 'running', ({ status }) => status === 'running');
    const pdf = makePdf(12 * 1024 * 1024);
    const file_id = await store(fleet, pdf);
    const { messages } = fleet.baton;
    const content = [
      said('and this'),
      picture(PNG),
      { type: 'document' as const, source: { type: 'file' as const, file_id } },
    ];
    const sent = await messages.sendMessage(id, { content, priority: 'later' });
    await writeFile(go, '');
    const session = await fleet.ended(id);
    expect(session.status).toBe('completed');
    const listed = await messages.listMessages(id);
    expect(listed.messages).toMatchObject([{ id: sent.id, status: 'delivered' }]);
    const entry = (await entriesOf(fleet, session)).find(({ uuid }) => uuid === sent.id);
    expect(entry?.blocks.map(({ type }) => type)).toEqual(['text', 'image', 'document']);
    expect(entry?.blocks[2]?.source?.data === pdf.toString('base64')).toBe(true);
    const event = (await fleet.events(id)).find(({ subtype }) => subtype === 'message');
    expect(event?.raw.length).toBeLessThan(2_000);
  });
});
