import type { CaptureEngine } from '../capture/capture-engine.ts';

/** How this worker captures workspaces. */
export interface WorkspaceSettings {
  /** Absent if this worker captures nothing. Then `whyNot` says why. */
  engine?: CaptureEngine;
  whyNot?: 'capture_off' | 'no_git';
  /** The most bytes of a workspace that is captured. */
  maxBytes: number;
  /** The most files and symlinks of a workspace that is captured. */
  maxFiles: number;
}
