import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  loadState,
  type ScanState,
  saveState,
  stateKey,
} from '../../../../apps/worker/src/capture/scan-state.ts';
import { makeWorkspace } from './workspace-fixture.ts';

const COMMIT = 'a'.repeat(40);
const KEY = stateKey([], ['a secret']);

function stateWith(key: string): ScanState {
  const [entries, withheld] = [new Map(), new Map()];
  return { commit: COMMIT, tree: 'b'.repeat(40), key, entries, withheld, manifest: '{}' };
}

describe('what the last scan saw', () => {
  test('can be loaded again for the same commit, patterns and secrets', () => {
    const shadow = makeWorkspace();
    saveState(shadow, stateWith(KEY));
    expect(loadState(shadow, COMMIT, KEY)).toEqual(stateWith(KEY));
    expect(loadState(shadow, 'c'.repeat(40), KEY)).toBeNull();
    expect(loadState(shadow, COMMIT, stateKey([], ['another secret']))).toBeNull();
    expect(loadState(shadow, COMMIT, stateKey(['*.log'], ['a secret']))).toBeNull();
  });

  test('can be loaded if another process wrote it, with another salt', () => {
    const shadow = makeWorkspace();
    // The scrypt hash of the key with this salt, which this process has never used.
    const key = 'key of another process';
    const hidden = '10fa387bd8a130e16a740d74c84ae53f35b9806c9aba32b345d7ced7e85ff8be';
    saveState(shadow, stateWith(KEY));
    const file = join(shadow, 'scan');
    const saved = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...saved, salt: '00ff', key: hidden }));
    expect(loadState(shadow, COMMIT, key)).toEqual(stateWith(key));
    expect(loadState(shadow, COMMIT, KEY)).toBeNull();
  });
});
