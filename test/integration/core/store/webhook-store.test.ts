import { expect } from 'vitest';
import { toWebhookView } from '../../../../packages/core/src/model/webhooks/webhook.ts';
import { createWebhookStore } from '../../../../packages/core/src/store/webhook-store.ts';
import { test } from '../stores.ts';

const NEVER = { tries: 1_000, ms: 3_600_000 };

test('concurrent failures of a webhook are all counted', async ({ db, stores }) => {
  const store = createWebhookStore(db, stores.clock);
  const { id } = await store.create({ url: 'https://example.test/hook' });
  await Promise.all([store.noteFailure(id, NEVER), store.noteFailure(id, NEVER)]);
  const webhook = await store.get(id);
  expect(webhook && toWebhookView(webhook).failures).toMatchObject({ count: 2 });
});

test('a try that fails after its webhook was disabled is not counted', async ({ db, stores }) => {
  const store = createWebhookStore(db, stores.clock);
  const { id } = await store.create({ url: 'https://example.test/hook' });
  await store.change(id, { enabled: false });
  expect(await store.noteFailure(id, NEVER)).toBe(false);
  expect(await store.get(id)).not.toHaveProperty('failures');
});
