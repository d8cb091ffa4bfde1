// A short run of `npm run fuzz`: 300 calls, then a check for leaked secrets and stuck sessions.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateOpeningKey, publicPart } from '@baton/core/internal';
import { expect } from 'vitest';
import { drain } from '../../../../tools/fuzz/drain.ts';
import { findLeaks } from '../../../../tools/fuzz/leaks.ts';
import { fuzz } from '../../../../tools/fuzz/run.ts';
import { CANARY } from '../../../../tools/fuzz/special.ts';
import { openApi } from '../../../support/api.ts';
import { test } from '../../../support/fleet.ts';
import { redisUrl } from '../../../support/services.ts';

const quiet = () => {};

test('the API answers calls made from its OpenAPI document as documented, leaks no secret and leaves no session stuck', async ({
  fleet,
}) => {
  const key = await generateOpeningKey();
  const file = join(fleet.root, 'fuzz.jwks');
  await writeFile(file, JSON.stringify({ keys: [key] }));
  await fleet.worker({ SECRETS_PRIVATE_KEYS: file, RETRY_FIRST_MS: '1' });
  const api = await openApi({
    redis: redisUrl(),
    mongodb: fleet.env['MONGODB_URL'] ?? '',
    prefix: fleet.env['QUEUE_PREFIX'] ?? '',
    sealingKeys: [publicPart(key)],
  });
  try {
    const url = await api.app.listen({ host: '127.0.0.1', port: 0 });
    const report = await fuzz({ api: url, requests: 300, seed: 20_000 });
    expect(report.findings).toEqual([]);
    expect(report.statuses).toMatchObject({ 200: expect.any(Number), 202: expect.any(Number) });
    expect((await drain(url, quiet)).stuck).toEqual([]);
    expect(await findLeaks(fleet.db, [fleet.queue])).toEqual([]);
    expect(api.logged.filter((line) => line.includes(CANARY))).toEqual([]);
  } finally {
    await api.close();
  }
}, 150_000);
