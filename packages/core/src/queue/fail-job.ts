// Moves a job that no worker processes to the failed jobs. BullMQ itself can fail only a job that a
// worker holds.
import type { ScriptClient } from './heal-queue.ts';

const FAIL = `
local prefix, id, now, reason, data, keep = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local key = prefix .. id
local moved = redis.call('LREM', prefix .. 'wait', 0, id)
  + redis.call('ZREM', prefix .. 'prioritized', id) + redis.call('ZREM', prefix .. 'delayed', id)
if moved == 0 and redis.call('EXISTS', key .. ':lock') == 0 then
  moved = redis.call('LREM', prefix .. 'active', 0, id)
end
if moved == 0 then return 0 end
local kind = redis.call('TYPE', key).ok
if kind ~= 'hash' then redis.call('DEL', key) redis.call('HSET', key, 'name', '', 'timestamp', now) end
redis.call('HSET', key, 'data', data, 'failedReason', reason, 'finishedOn', now)
redis.call('HDEL', key, 'defa', 'parent', 'parentKey', 'rjk', 'deid')
if redis.call('HGET', key, 'name') == false then redis.call('HSET', key, 'name', '') end
redis.call('ZADD', prefix .. 'failed', now, id)
redis.call('XADD', prefix .. 'events', 'MAXLEN', '~', 10000, '*',
  'event', 'failed', 'jobId', id, 'failedReason', reason, 'prev', 'waiting')
for _, old in ipairs(redis.call('ZREVRANGE', prefix .. 'failed', keep, keep + 999)) do
  redis.call('ZREM', prefix .. 'failed', old)
  redis.call('DEL', prefix .. old, prefix .. old .. ':logs')
end
return 1
`;

/**
 * Moves a job that waits, or is active without a worker, to the failed jobs. The job gets this
 * reason, and `data` replaces its payload. Only the newest `keep` failed jobs stay. Returns false
 * if the job is gone or a worker holds it.
 */
export async function failJob(
  client: ScriptClient,
  keyPrefix: string,
  { id, reason, data, keep }: { id: string; reason: string; data: unknown; keep: number },
): Promise<boolean> {
  const args = [keyPrefix, id, Date.now(), reason, JSON.stringify(data), keep];
  return (await client.eval(FAIL, 0, ...args)) === 1;
}
