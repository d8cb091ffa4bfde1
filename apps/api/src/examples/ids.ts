// All examples share these ids, so that they tell one story.

/** The session in most examples. */
export const SESSION = '019ab5c2-7d10-7a41-9c3e-5b8f0d2a6e11';

/** The session that continues SESSION. */
export const CHILD = '019ab5c9-02f4-7b6d-8e20-c417a9d35f02';

/** A session that failed, or that does not exist. */
export const OTHER = '019ab5d4-91be-7c08-a5f7-0e63b2c81d93';

/** A message to SESSION. */
export const MESSAGE = '019ab5c3-1e64-7f20-b8d5-62c90a7e4f18';

/** The schedule, the webhook, and one of its deliveries. */
export const SCHEDULE = '019ab3f0-44a2-7d15-b6c9-8f20e1d74a30';
export const WEBHOOK = '019ab3f1-5c88-7e92-9a07-31d5f6b0c2e4';
export const DELIVERY = '7c1f4b0a-2d6e-5a38-8b91-e40f5c7d2963';

/** An uploaded file. */
export const FILE = '019ab3f2-6d10-7b35-8c41-72e9a0d5f168';

/** The API key that launched SESSION. */
export const KEY_ID = '5f0c7a1e9b3d2c48';

/** The worker that ran SESSION. */
export const WORKER = 'worker-1';
