// The output of one setup command, as events and as the evidence of a failure.
import { createByteTail } from '../claude/byte-tail.ts';
import type { OutputMasker } from '../masking/output-masker.ts';

/** How much of a command's output is stored, in bytes and in events. */
export const SETUP_OUTPUT_MAX_BYTES = 64 * 1024;
export const SETUP_OUTPUT_MAX_EVENTS = 200;

/** How much of the end of each stream is kept as evidence of a failure, in bytes. */
const TAIL_BYTES = 8 * 1024;

// A piece that is as large as this does not wait for the next flush.
const PIECE_BYTES = 8 * 1024;

/** The stream on which a command printed. */
export type SetupStream = 'stdout' | 'stderr';

/** Collects the output of one command. */
export interface SetupOutput {
  push(stream: SetupStream, piece: Uint8Array): void;
  /** Emits what was printed since the last flush, except what may be the beginning of a secret. */
  flush(): void;
  /** Emits the rest. Returns how many bytes of the output are stored nowhere. */
  end(): number;
  /** Returns the last 8 KiB of a stream, without secrets and control sequences. */
  tail(stream: SetupStream): string;
}

/**
 * Creates the collector of one command. `emit` gets the masked text piece by piece, until the bounds are reached. The
 * rest is only counted.
 */
export function createSetupOutput(
  masker: OutputMasker,
  emit: (stream: SetupStream, text: string) => void,
): SetupOutput {
  const streams = { stdout: createStream(), stderr: createStream() };
  let bytesLeft = SETUP_OUTPUT_MAX_BYTES;
  let eventsLeft = SETUP_OUTPUT_MAX_EVENTS;
  let dropped = 0;

  function send(stream: SetupStream, text: string): void {
    if (text === '') return;
    const bytes = Buffer.byteLength(text);
    if (eventsLeft === 0 || bytes > bytesLeft) {
      // From now on nothing is stored, so that the stored text has no gap.
      eventsLeft = 0;
      dropped += bytes;
      return;
    }
    eventsLeft -= 1;
    bytesLeft -= bytes;
    emit(stream, masker.text(text));
  }

  function take(stream: SetupStream, isLast: boolean): void {
    const { decoder, waiting } = streams[stream];
    const text = waiting.join('') + (isLast ? decoder.decode() : '');
    waiting.length = 0;
    streams[stream].bytes = 0;
    const all = Buffer.from(text);
    const open = isLast ? 0 : Math.min(masker.openBytes(text), PIECE_BYTES);
    const rest = all.subarray(all.length - open).toString();
    if (rest !== '') waiting.push(rest);
    send(stream, all.subarray(0, all.length - open).toString());
  }

  return {
    push(stream, piece) {
      const one = streams[stream];
      one.tail.push(piece);
      one.waiting.push(one.decoder.decode(piece, { stream: true }));
      one.bytes += piece.length;
      if (one.bytes >= PIECE_BYTES) take(stream, false);
    },
    flush() {
      for (const stream of ['stdout', 'stderr'] as const) take(stream, false);
    },
    end() {
      for (const stream of ['stdout', 'stderr'] as const) take(stream, true);
      return dropped;
    },
    tail(stream) {
      const text = Buffer.from(masker.tail(streams[stream].tail.text(), 2 * TAIL_BYTES).trim());
      const last = text.subarray(Math.max(0, text.length - TAIL_BYTES)).toString();
      return last.replace(/^\ufffd+/, '');
    },
  };
}

function createStream() {
  // Keeps twice as much as `tail` returns. A secret that begins before the returned tail is then still complete when it
  // is masked.
  return {
    decoder: new TextDecoder(),
    waiting: [] as string[],
    bytes: 0,
    tail: createByteTail(2 * TAIL_BYTES),
  };
}
