// Workspaces and shadow folders of hosts, for tests that capture on one host and restore on another.
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  type CaptureCalls,
  createCaptureCalls,
} from '../../../../apps/worker/src/capture/capture-calls.ts';
import type {
  CaptureRequest,
  CaptureResult,
} from '../../../../apps/worker/src/capture/capture-types.ts';
import { untilPasses } from '../../../support/wait.ts';

export type Captured = Extract<CaptureResult, { kind: 'captured' }>;

export const PATH = process.env['PATH'] ?? '';

/** Creates captures that run in this thread. Each starts with nothing in memory, as a new worker does. */
export function openCaptures(path = PATH): CaptureCalls {
  return createCaptureCalls({ path, timeoutMs: 60_000 });
}

/** Returns a request for the workspace `w` of a host's folder. The shadow folder is `s`. */
export function requestOf(host: string, change: Partial<CaptureRequest> = {}): CaptureRequest {
  return {
    tree: join(host, 'w'),
    shadow: join(host, 's'),
    base: null,
    previous: null,
    isMerged: false,
    include: [],
    secrets: [],
    maxBytes: 1e9,
    maxFiles: 10_000,
    ...change,
  };
}

/** Captures, and expects a pack. */
export async function captureOf(
  captures: CaptureCalls,
  request: CaptureRequest,
): Promise<Captured> {
  const result = await captures.capture(request);
  expect(result).toMatchObject({ kind: 'captured' });
  return result as Captured;
}

/** Adds packs to the shadow folder of another host, and restores the last one there. Returns the workspace. */
export async function restoreOn(host: string, captured: readonly Captured[]): Promise<string> {
  const captures = openCaptures();
  const { tree, shadow } = requestOf(host);
  await captures.addPacks(
    shadow,
    captured.map(({ pack }) => pack.file),
  );
  const commit = captured.at(-1)?.commit ?? '';
  expect(await captures.has(shadow, commit)).toBe(true);
  await captures.restore({ shadow, commit, target: tree, tree });
  return tree;
}

/** Captures until nothing is young enough to be read again. */
export async function settle(captures: CaptureCalls, request: CaptureRequest): Promise<void> {
  await untilPasses(async () => {
    expect(await captures.capture(request)).toMatchObject({ kind: 'unchanged' });
  });
}

/** Lists a directory: each path (latin1) with its kind, mode and content. */
export function look(root: string): Record<string, string> {
  const seen: Record<string, string> = {};
  const walk = (at: Buffer, path: string): void => {
    const stat = lstatSync(at);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) {
      seen[path] = `link ${readlinkSync(at, { encoding: 'buffer' }).toString('latin1')}`;
    } else if (stat.isDirectory()) {
      seen[path] = `directory ${mode}`;
      for (const name of readdirSync(at, { encoding: 'buffer' })) {
        const inner = Buffer.concat([at, Buffer.from('/'), name]);
        walk(inner, `${path}/${name.toString('latin1')}`);
      }
    } else {
      seen[path] = `file ${mode} ${readFileSync(at).toString('latin1')}`;
    }
  };
  walk(Buffer.from(root), '');
  return seen;
}
