import type { FileView } from '@baton/core/internal';
import type { OperationExamples } from './example.ts';
import { FILE } from './ids.ts';

const used = {
  id: FILE,
  name: 'orders.csv',
  bytes: 18_240,
  sha256: '9f2c4e0d6b1a8375c0e4f6d2a9b87315e6c4d0f2b1a3958774d6e0c2f8b1a395',
  media_type: 'text/plain',
  created_at: '2026-11-24T08:30:00.000Z',
} satisfies FileView;

const unused = { ...used, expires_at: '2026-11-25T08:30:00.000Z' } satisfies FileView;

/** The examples of the operations on uploaded files. */
export const files: Record<string, OperationExamples> = {
  uploadFile: {
    responses: { 201: { made: { summary: 'The stored file', value: unused } } },
  },
  getFile: {
    responses: {
      200: {
        unused: { summary: 'A file that expires unless a session uses it', value: unused },
        used: { summary: 'A file that a session uses', value: used },
      },
    },
  },
};
