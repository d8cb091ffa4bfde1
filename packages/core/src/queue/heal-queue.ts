// Repairs a queue whose data in Redis was damaged. A BullMQ script fails half-way if it meets a key
// of the wrong type, or text where it expects an integer. Then all other jobs of the queue stop,
// too.
import { placeholder } from './readable-job.ts';

/** The commands of a Redis client that this module uses. */
export interface ScriptClient {
  eval(script: string, keys: number, ...args: (string | number)[]): Promise<unknown>;
}

/** What was repaired in a queue. */
export interface Healed {
  /**
   * The keys of the queue that held a value of the wrong type, or text instead of an integer. Each
   * key was renamed: `:set-aside` was appended to its name. The list also names the fields of
   * `meta` that were removed.
   */
  set_aside: string[];
  /** The ids of the jobs whose stored form made the scripts fail. */
  jobs: string[];
}

const KINDS = {
  wait: 'list',
  active: 'list',
  paused: 'list',
  prioritized: 'zset',
  delayed: 'zset',
  completed: 'zset',
  failed: 'zset',
  'waiting-children': 'zset',
  repeat: 'zset',
  marker: 'zset',
  stalled: 'set',
  meta: 'hash',
  events: 'stream',
  id: 'string',
  pc: 'string',
  limiter: 'string',
  'stalled-check': 'string',
};

/**
 * How many jobs of each state are checked. A BullMQ script moves at most this many jobs at once.
 */
const MAX_JOBS = 1_000;

/** Delayed jobs that become ready within this time, in milliseconds, are checked. */
const SOON_MS = 60_000;

/**
 * BullMQ's score of a delayed job is its time in milliseconds, followed by 12 bits for the order of
 * jobs.
 */
const SCORES_PER_MS = 0x1000;

const HEAL = `
local prefix, payload, now = ARGV[1], ARGV[2], ARGV[3]
local aside, jobs = {}, {}
local function kindOf(key) return redis.call('TYPE', key).ok end
local function isInteger(text) return string.match(text, '^%-?%d+$') ~= nil end
local function dropUnless(key, field)
  local text = redis.call('HGET', key, field)
  if text and not isInteger(text) then redis.call('HDEL', key, field) return true end
  return false
end
for name, kind in pairs(cjson.decode(ARGV[4])) do
  local key = prefix .. name
  local found = kindOf(key)
  local isWrong = found ~= 'none' and found ~= kind
  if not isWrong and found == 'string' and (name == 'id' or name == 'pc') then
    isWrong = not isInteger(redis.call('GET', key))
  end
  if isWrong then
    redis.call('RENAME', key, key .. ':set-aside')
    table.insert(aside, name)
  end
end
for _, field in ipairs({'opts.maxLenEvents', 'concurrency', 'max', 'duration'}) do
  if dropUnless(prefix .. 'meta', field) then table.insert(aside, 'meta ' .. field) end
end
local function heal(id)
  local key = prefix .. id
  local found = kindOf(key)
  if found == 'none' then return end
  local isHealed = false
  if found ~= 'hash' then
    redis.call('DEL', key)
    redis.call('HSET', key, 'name', '', 'data', payload, 'opts', '{}', 'timestamp', now)
    isHealed = true
  else
    for _, field in ipairs({'ats', 'atm', 'stc'}) do
      if dropUnless(key, field) then isHealed = true end
    end
  end
  for suffix, kind in pairs({[':dependencies'] = 'set', [':unsuccessful'] = 'zset'}) do
    local part = kindOf(key .. suffix)
    if part ~= 'none' and part ~= kind then redis.call('DEL', key .. suffix) isHealed = true end
  end
  if isHealed then table.insert(jobs, id) end
end
local most, soon = tonumber(ARGV[5]), ARGV[6]
local function healAll(ids) for _, id in ipairs(ids) do heal(id) end end
healAll(redis.call('LRANGE', prefix .. 'active', -most, -1))
healAll(redis.call('LRANGE', prefix .. 'wait', -most, -1))
healAll(redis.call('ZRANGE', prefix .. 'prioritized', 0, most - 1))
healAll(redis.call('ZRANGEBYSCORE', prefix .. 'delayed', '-inf', soon, 'LIMIT', 0, most))
return cjson.encode({set_aside = aside, jobs = jobs})
`;

/**
 * Repairs what makes BullMQ's scripts fail in the queue with this key prefix (`baton:sessions:`).
 * Sets aside keys of the queue that hold a value of the wrong type, or text instead of an integer.
 * In `meta` and in jobs, removes number fields that hold no integer. Replaces jobs that are not
 * hashes with placeholder jobs. Checks the next 1,000 jobs of each state. Safe to repeat.
 */
export async function healQueue(client: ScriptClient, keyPrefix: string): Promise<Healed> {
  const payload = placeholder('the job: expected a hash in Redis, got another kind of value');
  const now = Date.now();
  const soon = (now + SOON_MS) * SCORES_PER_MS;
  const limits = [JSON.stringify(KINDS), MAX_JOBS, soon];
  const reply = await client.eval(HEAL, 0, keyPrefix, payload, now, ...limits);
  const { set_aside, jobs } = JSON.parse(String(reply)) as Record<keyof Healed, unknown>;
  return { set_aside: toTexts(set_aside), jobs: toTexts(jobs) };
}

// Lua encodes an empty list as an object.
function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
