import type { OperationExamples } from './example.ts';

const captured = { captured_at: '2026-11-24T09:00:26.118Z' };

const files = [
  { path: 'package.json', type: 'file', size: 512, mode: '0644' },
  { path: 'src', type: 'directory', mode: '0755' },
  { path: 'src/cart.ts', type: 'file', size: 2_048, mode: '0644' },
  { path: 'src/latest.ts', type: 'symlink', size: 7, target: 'cart.ts' },
];

const patch = `diff --git a/src/cart.ts b/src/cart.ts
index 5626abf0f72e58d7a153368ba57db4c673c0e171..f719efd430d52bcfc8566a43b2eb655688d38871 100644
--- a/src/cart.ts
+++ b/src/cart.ts
@@ -1 +1 @@
-export const cart = load();
+export const cart = await load();
`;

const changed = { path: 'src/cart.ts', status: 'modified', added: 1, removed: 1 };

/** The examples of the operations that take files out. */
export const workspaces: Record<string, OperationExamples> = {
  listWorkspaceFiles: {
    responses: {
      200: {
        page: {
          summary: 'All files of a small workspace, and what was not captured',
          value: {
            ...captured,
            files,
            left_out: [{ path: 'node_modules', reason: 'ignored' }],
            left_out_total: 1,
          },
        },
        empty: {
          summary: 'An empty workspace',
          value: { ...captured, files: [], left_out: [], left_out_total: 0 },
        },
      },
    },
  },
  readWorkspaceDiff: {
    responses: {
      200: {
        json: {
          summary: 'One changed file with its patch (`format=json`)',
          value: {
            ...captured,
            against: 'start',
            total: { files: 1, added: 1, removed: 1 },
            files: [{ ...changed, patch }],
          },
        },
      },
    },
    text: { unified: { summary: 'One changed file', value: patch } },
  },
};
