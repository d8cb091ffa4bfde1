// A minimal service without Baton. Each route makes only the one or two calls to the queue and the
// database that its answer needs.
import type { Session } from '@baton/core/internal';
import { Queue } from 'bullmq';
import { fastify } from 'fastify';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';

type Stored = Session & { _id: string };

const { REDIS_URL = '', MONGODB_URL = '', QUEUE_PREFIX = '' } = process.env;
const queue = new Queue('sessions', { connection: new Redis(REDIS_URL), prefix: QUEUE_PREFIX });
const client = await MongoClient.connect(MONGODB_URL);
const sessions = client.db().collection<Stored>('sessions');
const app = fastify();

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

const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${JSON.stringify({ api: url })}\n`);
process.once('SIGTERM', () => {
  process.exit(0);
});
