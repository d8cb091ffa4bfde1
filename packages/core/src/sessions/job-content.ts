import { textOfContent } from '../model/content/content.ts';
import type { ContentDraft } from '../model/content/content-draft.ts';
import { configHash } from '../model/job/config-hash.ts';
import type { Job } from '../model/job/job.ts';
import type { ContentAcceptance } from './content-acceptance.ts';

/**
 * Stores the content of a job that was built from a draft, and returns the job with the stored blocks. With an
 * idempotency key, the hash of the job is that of the draft, because a repeated request would store its bytes under
 * other ids. A job without content stays as it is. Throws like ContentAcceptance.
 */
export async function storeJobContent<T extends Job>(
  acceptance: ContentAcceptance,
  job: T,
  {
    draft,
    tenant,
    hasIdempotencyKey,
  }: {
    draft: ContentDraft | undefined;
    tenant: string | undefined;
    hasIdempotencyKey: boolean;
  },
): Promise<T> {
  if (!draft) return job;
  const content = await acceptance.store(draft, tenant);
  const prompt = { content, query: textOfContent(content) };
  const config_hash = hasIdempotencyKey ? { config_hash: configHash(job) } : {};
  return job.kind === 'launch'
    ? { ...job, ...config_hash, config: { ...job.config, ...prompt } }
    : { ...job, ...config_hash, overrides: { ...job.overrides, ...prompt } };
}
