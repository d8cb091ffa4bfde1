/** The capture engine failed, and not because of the stored capture: on another host, the call may succeed. */
export class CaptureFailedError extends Error {
  override readonly name = 'CaptureFailedError';
}

/** A stored capture cannot be restored: git refuses a pack, an object is missing, or a path is not valid. */
export class CaptureCorruptError extends Error {
  override readonly name = 'CaptureCorruptError';
}
