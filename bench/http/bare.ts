// A minimal service without Baton. Each route makes only the one or two calls to the queue and the
// database that its answer needs.
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Session } from '@baton/core/internal';
import { Queue } from 'bullmq';
import { fastify } from 'fastify';
import { Redis } from 'ioredis';
import { GridFSBucket, MongoClient, ObjectId } from 'mongodb';

type Stored = Session & { _id: string };

const { REDIS_URL = '', MONGODB_URL = '', QUEUE_PREFIX = '' } = process.env;
const queue = new Queue('sessions', { connection: new Redis(REDIS_URL), prefix: QUEUE_PREFIX });
const client = await MongoClient.connect(MONGODB_URL);
const sessions = client.db().collection<Stored>('sessions');
const bucket = new GridFSBucket(client.db(), { bucketName: 'bare' });
const app = fastify({ bodyLimit: 2 ** 30 });
app.addContentTypeParser('application/octet-stream', async (_: unknown, body: Readable) => body);

app.post('/v1/sessions', async (request, reply) => {
  const job = await queue.add('launch', request.body);
  return reply.code(202).send({ id: job.id });
});
// This route also stores a document with the whole config, so that the session can be read at once,
// as Baton promises.
app.post('/v1/stored', async (request, reply) => {
  const _id = crypto.randomUUID();
  await queue.add('launch', request.body, { jobId: _id });
  const config = request.body as Session['config'];
  await sessions.insertOne({ _id, status: 'queued', created_at: new Date(), config } as Stored);
  return reply.code(202).send({ id: _id });
});
app.get<{ Params: { id: string } }>('/v1/sessions/:id', ({ params }) =>
  sessions.findOne({ _id: params.id }),
);
app.get('/v1/sessions', async () => ({
  sessions: await sessions.find().sort({ created_at: -1, _id: -1 }).limit(50).toArray(),
}));
app.post('/v1/files', async (request, reply) => {
  const upload = bucket.openUploadStream('bench');
  await pipeline(request.body as Readable, upload);
  return reply.code(201).send({ id: upload.id.toHexString() });
});
app.get<{ Params: { id: string } }>('/v1/files/:id/content', ({ params }, reply) =>
  reply.send(bucket.openDownloadStream(new ObjectId(params.id))),
);
app.delete<{ Params: { id: string } }>('/v1/files/:id', async ({ params }, reply) => {
  await bucket.delete(new ObjectId(params.id));
  return reply.code(204).send();
});

const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${JSON.stringify({ api: url })}\n`);
process.once('SIGTERM', () => {
  process.exit(0);
});
