import { defined, type SessionLabel } from '@baton/core/internal';
import type { AppJob } from '@bull-board/api/typings/app';
import { formatMoney } from '../pages/format.ts';

const NAME_MAX = 80;

// The dashboard leaves out all other options, because they come from the producer and may contain
// secrets.
const SHOWN_OPTIONS = [
  'jobId',
  'attempts',
  'delay',
  'priority',
  'removeOnComplete',
  'removeOnFail',
];

/**
 * Returns a job as the dashboard shows it. Its name is the session's title, status and cost, and
 * its outcome comes from the session document. Stack traces and other free text that may contain
 * secrets are left out.
 */
export function jobView(job: AppJob, label: SessionLabel | undefined): AppJob {
  const { failure } = label ?? {};
  return {
    ...pick(job, [
      'id',
      'timestamp',
      'processedOn',
      'processedBy',
      'finishedOn',
      'delay',
      'priority',
    ]),
    ...pick(job, ['attempts', 'data', 'externalUrl', 'isFailed']),
    progress: 0,
    opts: pick(job.opts, SHOWN_OPTIONS),
    name: nameOf(job, label),
    failedReason: failure ? `${failure.code}: ${failure.message}` : job.failedReason,
    stacktrace: [],
    returnValue: label && {
      status: label.status,
      cost_usd: label.totals.cost_usd,
      num_turns: label.totals.num_turns,
      ...defined({ failure: failure?.code }),
    },
  } as AppJob;
}

/** The name of a job in lists: `title · status · $cost`. */
function nameOf({ data, name }: AppJob, label: SessionLabel | undefined): string {
  const title = label?.title ?? textAt(data, 'title') ?? queryOf(data) ?? name;
  const short = title.replace(/\s+/g, ' ').trim();
  const cut = short.length > NAME_MAX ? `${short.slice(0, NAME_MAX - 1)}…` : short;
  return label ? `${cut} · ${label.status} · ${formatMoney(label.totals.cost_usd)}` : cut;
}

function queryOf(data: unknown): string | undefined {
  const { config, overrides } = (data ?? {}) as { config?: unknown; overrides?: unknown };
  return textAt(config, 'query') ?? textAt(overrides, 'query');
}

function textAt(value: unknown, key: string): string | undefined {
  const text = (value as Record<string, unknown> | null | undefined)?.[key];
  return typeof text === 'string' && text.trim() !== '' ? text : undefined;
}

function pick<T extends object, K extends keyof T & string>(
  value: T | undefined,
  keys: readonly K[],
): Partial<T> {
  const entries = Object.entries(value ?? {}).filter(([key]) => keys.includes(key as K));
  return Object.fromEntries(entries) as Partial<T>;
}
