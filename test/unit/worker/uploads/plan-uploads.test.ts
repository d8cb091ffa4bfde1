import { describe, expect, test } from 'vitest';
import { planUploads, type UploadFacts } from '../../../../apps/worker/src/uploads/plan-uploads.ts';

const facts: UploadFacts = { uploads: undefined, origin: 'made', isUncertain: false };

describe('the uploaded files of an attempt', () => {
  test.each<[string, Partial<UploadFacts>, ReturnType<typeof planUploads>]>([
    ['all go into a new directory', {}, 'replace'],
    ['all go into the directory of a parent', { origin: 'used' }, 'replace'],
    ['all go into the restored files of a parent', { origin: 'restored' }, 'replace'],
    ['all go into a directory that the caller named', { origin: 'given' }, 'replace'],
    ['stay as the agent left them', { origin: 'used', uploads: 'written' }, 'none'],
    ['stay as the agent left and captured them', { origin: 'used', uploads: 'captured' }, 'none'],
    [
      'come again if the restored capture is older',
      { origin: 'restored', uploads: 'written' },
      'replace',
    ],
    [
      'come again only if the capture left them out',
      { origin: 'restored', uploads: 'captured' },
      'add_missing',
    ],
    [
      'come again into a directory without a capture',
      { origin: 'made', uploads: 'captured' },
      'replace',
    ],
    [
      'come again only if they are missing in an older copy of the directory',
      { origin: 'used', uploads: 'written', isUncertain: true },
      'add_missing',
    ],
    [
      'come again only if they are missing in a directory that the caller named',
      { origin: 'given', uploads: 'written' },
      'add_missing',
    ],
  ])('%s', (_name, changes, plan) => {
    expect(planUploads({ ...facts, ...changes })).toBe(plan);
  });
});
