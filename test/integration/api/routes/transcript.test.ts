import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TranscriptStore } from '@baton/core/internal';
import { describe, expect } from 'vitest';
import { type Api, test as base } from '../../../support/api.ts';
import { makeChild, makeCompletedSession } from '../../../support/factories.ts';
import { untilPasses } from '../../../support/wait.ts';

const test = base.extend<{ $file: { transcripts: TranscriptStore } }>({
  transcripts: [async ({ api }, use) => use(api.stores.transcripts), { scope: 'file' }],
});

interface Piece {
  path: string;
  base: number;
  bytes: Buffer;
}

/** Stores pieces of a session's transcript and returns its manifest. */
async function put(store: TranscriptStore, sessionId: string, pieces: Piece[], before = '') {
  const files = [];
  for (const { path, base, bytes } of pieces) {
    const location = { session_id: sessionId, path, generation: 0, offset: base, fence: 1 };
    await store.put(location, bytes);
    const whole = Buffer.concat([Buffer.from(base > 0 ? before : ''), bytes]);
    const sha256 = createHash('sha256').update(whole).digest('hex');
    files.push({ path, base, length: base + bytes.length, sha256, generation: 0 });
  }
  return { files };
}

describe('GET /v1/sessions/:id/transcript', () => {
  const FIRST = '{"type":"user","uuid":"1"}\n';
  const SECOND = '{"type":"assistant","uuid":"2","text":"\u00e9"}\n';

  test("returns the parent's bytes and then the child's, as Claude wrote them", async ({
    api,
    transcripts,
  }) => {
    const root = makeCompletedSession();
    const main = `${root.id}.jsonl`;
    root.transcript = await put(transcripts, root.id, [
      { path: main, base: 0, bytes: Buffer.from(FIRST) },
    ]);
    const child = makeChild(root, { status: 'completed' });
    child.transcript = await put(
      transcripts,
      child.id,
      [{ path: main, base: FIRST.length, bytes: Buffer.from(SECOND) }],
      FIRST,
    );
    for (const session of [root, child]) await api.stores.sessions.insertIfAbsent(session);

    const answer = await api.app.inject({ url: `/v1/sessions/${child.id}/transcript` });

    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.body).toBe(FIRST + SECOND);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-length': String(Buffer.byteLength(FIRST + SECOND)),
      'content-disposition': `attachment; filename="${main}"`,
    });
  });

  test('lists the files of sub-agents and returns each by its path', async ({
    api,
    transcripts,
  }) => {
    const session = makeCompletedSession();
    const path = `${session.id}/subagents/agent-1.jsonl`;
    session.transcript = await put(transcripts, session.id, [
      { path: `${session.id}.jsonl`, base: 0, bytes: Buffer.from(FIRST) },
      { path, base: 0, bytes: Buffer.from(SECOND) },
    ]);
    await api.stores.sessions.insertIfAbsent(session);

    const list = await api.app.inject({ url: `/v1/sessions/${session.id}/transcript/files` });
    expect(list.json().files).toMatchObject([
      { path: `${session.id}.jsonl`, bytes: FIRST.length },
      { path, bytes: Buffer.byteLength(SECOND), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    const url = `/v1/sessions/${session.id}/transcript?path=${encodeURIComponent(path)}`;
    expect((await api.app.inject({ url })).body).toBe(SECOND);
  });

  test('returns a file whose document is stored as a part, byte for byte', async ({
    api,
    transcripts,
  }) => {
    const session = makeCompletedSession();
    const path = `${session.id}.jsonl`;
    const part = Buffer.from(randomBytes(1_500_000).toString('base64'));
    const pieces = [Buffer.from('{"data":"'), part, Buffer.from('"}\n')];
    const position = { session_id: session.id, path, generation: 0, fence: 1 };
    let length = 0;
    for (const piece of pieces) {
      if (piece === part) {
        await transcripts.putPart({ ...position, offset: length }, session.root_session_id, piece);
      } else {
        await transcripts.put({ ...position, offset: length }, piece);
      }
      length += piece.length;
    }
    const whole = Buffer.concat(pieces);
    const sha256 = createHash('sha256').update(whole).digest('hex');
    const file = { path, base: 0, length, sha256, generation: 0, has_parts: true as const };
    session.transcript = { files: [file] };
    await api.stores.sessions.insertIfAbsent(session);

    const answer = await api.app.inject({ url: `/v1/sessions/${session.id}/transcript` });
    expect(answer.rawPayload.equals(whole)).toBe(true);
    const list = await api.app.inject({ url: `/v1/sessions/${session.id}/transcript/files` });
    expect(list.json().files).toEqual([{ path, bytes: length, sha256 }]);
  });

  test.for(['../../../etc/passwd', 'nothing.jsonl'])(
    'answers 404 for the path %s',
    async (path, { api }) => {
      const { id } = await api.stores.sessions.insertIfAbsent(makeCompletedSession());
      const url = `/v1/sessions/${id}/transcript?path=${encodeURIComponent(path)}`;
      const answer = await api.app.inject({ url });
      expect(answer.statusCode).toBe(404);
      expect(answer.json().error).toMatchObject({
        code: 'TRANSCRIPT_NOT_FOUND',
        details: { field: 'path' },
      });
    },
  );

  test('answers 404 for a session without a transcript', async ({ api }) => {
    const session = makeCompletedSession({ transcript: { files: [] } });
    await api.stores.sessions.insertIfAbsent(session);
    const answer = await api.app.inject({ url: `/v1/sessions/${session.id}/transcript` });
    expect(answer.json().error.code).toBe('TRANSCRIPT_NOT_FOUND');
  });

  test('aborts the download of a damaged transcript', async ({ api, transcripts }) => {
    const { id, transcript } = await keepLarge(transcripts, 2);
    const [file] = transcript.files;
    if (!file) throw new Error('expected a file');
    const session = makeCompletedSession({
      id,
      transcript: { files: [{ ...file, sha256: 'no' }] },
    });
    await api.stores.sessions.insertIfAbsent(session);
    const url = await listen(api);

    await expect(download(`${url}/v1/sessions/${id}/transcript?path=a.jsonl`)).rejects.toThrow();
  });

  test('buffers little for a reader that reads nothing', async ({ api, transcripts }) => {
    const { id, transcript } = await keepLarge(transcripts, 24);
    const session = await api.stores.sessions.insertIfAbsent(
      makeCompletedSession({ id, transcript }),
    );
    const [file] = transcript.files;
    if (!file) throw new Error('expected a file');
    const url = await listen(api);
    const accepted = once(api.app.server, 'connection');

    const request = get(`${url}/v1/sessions/${id}/transcript?path=a.jsonl`);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const [socket] = (await accepted) as [Socket];
    response.pause();
    await untilPasses(() => expect(socket.writableLength).toBeGreaterThan(0));
    // Reading the whole file here gives the server time in which it could buffer too much.
    for await (const _piece of transcripts.read(file, [session]));

    expect(socket.writableLength).toBeLessThan(2 * 1024 * 1024);
    let bytes = 0;
    for await (const piece of response) bytes += (piece as Buffer).length;
    expect(bytes).toBe(file.length);
  });

  /** Stores a file of this many MiB for a session that has no document yet. */
  async function keepLarge(store: TranscriptStore, mebibytes: number) {
    const session = makeCompletedSession();
    const bytes = randomBytes(1024 * 1024);
    const hash = createHash('sha256');
    for (let index = 0; index < mebibytes; index += 1) {
      const location = { session_id: session.id, path: 'a.jsonl', generation: 0, fence: 1 };
      await store.put({ ...location, offset: index * bytes.length }, bytes);
      hash.update(bytes);
    }
    const length = mebibytes * bytes.length;
    const file = { path: 'a.jsonl', base: 0, generation: 0, length, sha256: hash.digest('hex') };
    return { id: session.id, transcript: { files: [file] } };
  }

  async function listen({ app }: Api): Promise<string> {
    if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
    return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  }

  async function download(url: string): Promise<number> {
    return (await (await fetch(url)).arrayBuffer()).byteLength;
  }
});
