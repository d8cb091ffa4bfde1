// Values that a schema cannot describe: values that several requests share, times within a run, and addresses that
// reach no real server.
import fc from 'fast-check';
import { fakePrompt } from '../../test/fake-claude/install.ts';
import type { Schema } from './schema.ts';

/** Every secret of a request begins with this text. No answer, log line or stored document may contain it. */
export const CANARY = 's3cret-of-the-fuzz';

/** A value of an earlier answer, or an unknown id if no answer held such a value yet. */
export interface Pick {
  $pick: 'session' | 'message' | 'schedule' | 'webhook' | 'delivery' | 'cursor';
  n: number;
}

/** Generates picks of this kind. */
export function pick(kind: Pick['$pick']): fc.Arbitrary<Pick> {
  return fc.nat({ max: 1_000_000 }).map((n) => ({ $pick: kind, n }));
}

const tags = fc.constantFrom('red', 'green', 'blue', 'très long', 'a/b', '日本');
const secrets = fc.string({ maxLength: 12 }).map((text) => `${CANARY}${text.replaceAll('\0', '')}`);
const names = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/);
const env = fc.dictionary(
  fc.oneof(
    { weight: 9, arbitrary: names },
    { weight: 1, arbitrary: fc.constantFrom('PATH', 'IS_SANDBOX') },
  ),
  secrets,
  { maxKeys: 3 },
);

// No server answers at these addresses: `.invalid` does not resolve, and the others are loopback or not allowed.
const addresses = fc.constantFrom(
  'https://hook.invalid/x',
  'http://127.0.0.1:9/',
  'http://10.0.0.1/a?b=c',
  'https://user:pass@hook.invalid/#f',
  'http://[::1]:9/',
);

const prompts = fc.oneof(
  fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }),
  fc.constantFrom(
    fakePrompt([{ say: 'hello' }]),
    fakePrompt([{ say: 'x', times: 3 }, { tool: 'Read' }]),
    fakePrompt([{ api_error: 400 }]),
    fakePrompt([{ exit: 3 }]),
    fakePrompt([{ stderr: 'broken' }, { result: false }]),
  ),
);

function soonOrLate(soon: fc.Arbitrary<number>, late: number): fc.Arbitrary<number> {
  return fc.oneof({ weight: 4, arbitrary: soon }, { weight: 1, arbitrary: fc.constant(late) });
}

const DAY_MS = 24 * 3600 * 1000;

const SPECIAL: Record<string, fc.Arbitrary<unknown>> = {
  query: prompts,
  content: prompts,
  env,
  headers: env,
  working_dir: fc.constantFrom('/', '/etc/../tmp', '/nowhere'),
  additional_directories: fc.constantFrom([], ['/']),
  url: addresses,
  tags: fc.array(tags, { maxLength: 3 }),
  tag: tags,
  concurrency_key: tags,
  concurrency_limit: fc.integer({ min: 1, max: 3 }),
  delay_ms: soonOrLate(fc.integer({ min: 0, max: 1500 }), 300 * DAY_MS),
  run_at: soonOrLate(fc.integer({ min: -5000, max: 1500 }), 300 * DAY_MS).map((ms) =>
    new Date(Date.now() + ms).toISOString(),
  ),
  attempts: fc.integer({ min: 1, max: 3 }),
  recovery: fc.record(
    {
      max_retries: fc.integer({ min: 0, max: 2 }),
      on_crash: fc.constantFrom('resume', 'restart', 'fail'),
    },
    { requiredKeys: [] },
  ),
  cron: fc.constantFrom('* * * * *', '*/5 * * * * *', '0 0 31 2 *', '61 * * * *', 'soon'),
  timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'Mars/Base'),
  every_ms: fc.constantFrom(1, 1_000, 5_000, DAY_MS),
  parent_session_id: pick('session'),
  root_session_id: pick('session'),
  schedule_id: pick('schedule'),
  cursor: fc.oneof(pick('cursor'), fc.string({ minLength: 1 })),
  name: tags,
  'idempotency-key': fc.oneof(
    fc.constantFrom('k1', 'k2', 'k3'),
    fc.stringMatching(/^[!-~]{1,40}$/),
  ),
  'last-event-id': fc.oneof(
    fc.constantFrom('0', '3', '-1', 'x'),
    fc.stringMatching(/^[!-~]{1,40}$/),
  ),
};

/** Returns a generator for a property of this name, or undefined if its schema says enough. */
export function special(name: string, schema: Schema): fc.Arbitrary<unknown> | undefined {
  // The content of a launch is a list of blocks, which its schema describes.
  const found = name === 'content' && schema.type === 'array' ? undefined : SPECIAL[name];
  if (!found) return undefined;
  // When a session is continued, null clears the parent's value.
  const isNullable = schema.anyOf?.some(({ type }) => type === 'null');
  return isNullable
    ? fc.oneof({ weight: 4, arbitrary: found }, { weight: 1, arbitrary: fc.constant(null) })
    : found;
}
