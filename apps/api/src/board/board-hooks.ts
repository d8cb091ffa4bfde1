import {
  type Logger,
  type SessionLabel,
  type SessionStore,
  withDeadline,
} from '@baton/core/internal';
import type {
  AppJob,
  AppQueue,
  BoardHooks,
  ControllerHandlerReturnType,
} from '@bull-board/api/typings/app';
import { jobView } from './job-view.ts';

/**
 * The maximum number of jobs on a page of the dashboard. Each job is read from the queue and from
 * the database.
 */
const PAGE_MAX = 100;

/**
 * How long the dashboard waits for the session documents before it shows jobs without them, in ms.
 */
const LABELS_TIMEOUT_MS = 2_000;

type Body = Record<string, unknown>;
type Enrich = (body: Body) => Promise<Body> | Body;

/**
 * Makes the board read-only, limits its page size, and adds facts about the session to each job.
 */
export function boardHooks(sessions: Pick<SessionStore, 'labels'>, log: Logger): BoardHooks {
  async function viewed(jobs: AppJob[]): Promise<AppJob[]> {
    const ids = jobs.map(({ id }) => String(id));
    const labels = await withDeadline(LABELS_TIMEOUT_MS, () => sessions.labels(ids)).catch(
      (error): SessionLabel[] => {
        // The dashboard must still show the queue while MongoDB is down.
        log.warn(
          { err: error },
          'could not read the sessions of jobs; the dashboard shows the jobs without them',
        );
        return [];
      },
    );
    const byId = new Map(labels.map((label) => [label.id, label]));
    return jobs.map((job) => jobView(job, byId.get(String(job.id))));
  }

  const enrich: Record<string, Enrich> = {
    '/api/queues': async ({ queues }) => ({
      queues: await Promise.all(
        (queues as AppQueue[]).map(async (queue) => ({ ...queue, jobs: await viewed(queue.jobs) })),
      ),
    }),
    '/api/queues/:queueName/:jobId': async ({ job, status }) => ({
      job: (await viewed([job as AppJob]))[0],
      status,
    }),
    // Baton's jobs have no logs and no flow. If another program wrote logs or flows, they may
    // contain secrets.
    '/api/queues/:queueName/:jobId/logs': () => [] as unknown as Body,
    '/api/queues/:queueName/:jobId/flow': ({ nodeId }) => ({
      nodeId,
      flowRoot: null,
      isFlowNode: false,
    }),
    '/api/job-schedulers': ({ schedulers }) => ({
      schedulers: (schedulers as Body[]).map(({ template: _, ...scheduler }) => scheduler),
    }),
  };

  return {
    async before({ method, request }) {
      if (method !== 'get')
        return { allow: false, status: 405, errorKey: 'ERRORS.QUEUE_READ_ONLY' };
      if (Number(request.query['jobsPerPage']) > PAGE_MAX) {
        request.query = { ...request.query, jobsPerPage: String(PAGE_MAX) };
      }
      return undefined;
    },
    async after({ method, route }, result): Promise<ControllerHandlerReturnType> {
      const change = method === 'get' && (result.status ?? 200) === 200 ? enrich[route] : undefined;
      return change ? { ...result, body: await change(result.body as Body) } : result;
    },
  };
}
