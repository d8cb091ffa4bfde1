// BullMQ reads a job's hash with JSON.parse, which throws at invalid text. So Baton replaces
// unreadable parts before BullMQ gets the hash.

/** A job's hash as Redis holds it. Every field is text. */
export type JobHash = Record<string, string>;

/** The key in the placeholder of an unreadable payload. Its value says what was wrong. */
const UNREADABLE = 'baton_unreadable';

/**
 * The length, in characters, above which a payload is not parsed. A valid job has at most 1 MiB.
 */
const DATA_MAX_LENGTH = 16 * 1024 * 1024;

/**
 * Fields that BullMQ's scripts use as counters. Text that is not an integer makes the scripts fail.
 */
const COUNTERS = ['ats', 'atm', 'attemptsMade', 'stc'];

const TIMES = ['delay', 'priority', 'processedOn', 'finishedOn'];

/** Options that BullMQ's scripts compare with numbers. */
const NUMERIC_OPTIONS = ['attempts', 'stackTraceLimit', 'kl'];

/** A hash that BullMQ reads without throwing, and what was wrong with the stored hash, or null. */
export interface ReadableHash {
  hash: JobHash;
  problem: string | null;
}

/**
 * Makes a job's hash readable for BullMQ. Never throws. A job with a problem gets a placeholder as
 * its payload, so that it fails with that problem as its reason. Such a job no longer belongs to a
 * scheduler or a flow.
 */
export function makeReadable(stored: JobHash): ReadableHash {
  const { id: _, ...hash } = stored; // BullMQ would prefer this field to the id that it asked for
  const problem =
    findDataProblem(hash['data']) ?? findOptionsProblem(hash['opts']) ?? findFlowProblem(hash);
  for (const field of COUNTERS) if (!isInteger(hash[field])) delete hash[field];
  for (const field of TIMES) if (!isInteger(hash[field])) delete hash[field];
  if (!isInteger(hash['timestamp'])) hash['timestamp'] = String(Date.now());
  if (parse(hash['progress'] ?? '0') === undefined) delete hash['progress'];
  hash['name'] ??= '';
  if (problem === null) return { hash: { ...hash, opts: plainOptions(hash['opts']) }, problem };
  const { parent: _p, parentKey: _k, rjk: _r, deid: _d, ...rest } = hash;
  return { hash: { ...rest, data: placeholder(problem), opts: '{}' }, problem };
}

/** Returns the payload that replaces an unreadable payload, as JSON. */
export function placeholder(problem: string): string {
  return JSON.stringify({ [UNREADABLE]: problem });
}

/**
 * Returns what was wrong with a job whose payload is a placeholder. Returns null for any other
 * payload.
 */
export function findProblem(data: unknown): string | null {
  const problem = (data as Record<string, unknown> | null | undefined)?.[UNREADABLE];
  return typeof problem === 'string' ? problem : null;
}

function findDataProblem(text: string | undefined): string | null {
  if (!text) return null;
  if (text.length > DATA_MAX_LENGTH) {
    return `data: expected a payload of at most 1 MiB, got ${text.length} characters`;
  }
  return findJsonProblem('data', text);
}

// The parser's own message quotes the text, which may hold a secret. So the problem names only the
// position.
function findJsonProblem(field: string, text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const [, at] = /position (\d+)/.exec(String(error)) ?? [];
    const where = at === undefined ? '' : `, with an error at character ${at}`;
    return `${field}: expected JSON, got ${text.length} characters that are not JSON${where}`;
  }
}

function findOptionsProblem(text: string | undefined): string | null {
  if (!text) return null;
  if (isRecord(parse(text))) return null;
  return findJsonProblem('opts', text) ?? 'opts: expected a JSON object';
}

function findFlowProblem({ parent, parentKey }: JobHash): string | null {
  if (parent !== undefined) {
    const named = parse(parent);
    if (!isRecord(named) || typeof named['id'] !== 'string' || !named['queueKey']) {
      return 'parent: expected a JSON object with id and queueKey';
    }
  }
  const isKey = !parentKey || parentKey.split(':').length > 2;
  return isKey ? null : "parentKey: expected the key of a job, as in 'prefix:queue:id'";
}

function plainOptions(text = '{}'): string {
  const options = parse(text || '{}') as Record<string, unknown>;
  const wrong = NUMERIC_OPTIONS.filter((key) => key in options && typeof options[key] !== 'number');
  if (wrong.length === 0) return text || '{}';
  return JSON.stringify({
    ...options,
    ...Object.fromEntries(wrong.map((key) => [key, undefined])),
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isInteger(text: string | undefined): boolean {
  return text === undefined || /^-?\d{1,16}$/.test(text);
}
