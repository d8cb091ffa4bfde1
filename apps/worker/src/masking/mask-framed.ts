import type { FramedLine } from '../claude/framer.ts';
import type { Masker } from './masker.ts';

/** Masks a line of stdout: its text and, for a long line, its outline. */
export function maskFramed(line: FramedLine, masker: Masker): FramedLine {
  const text = masker.line(line.text);
  if (!line.outline) return text === line.text ? line : { ...line, text };
  const { body, cut } = line.outline;
  const ended = Object.entries(body).map(([key, value]) => [
    key,
    cut.includes(key) && typeof value === 'string' ? withoutOpenEnd(value, masker) : value,
  ]);
  const masked = JSON.parse(masker.line(JSON.stringify(Object.fromEntries(ended))));
  return { ...line, text, outline: { ...line.outline, body: masked } };
}

// A text that was cut may end with half a secret, which the masker does not find. So this end is removed.
function withoutOpenEnd(text: string, masker: Masker): string {
  const open = masker.openBytes(text);
  if (open === 0) return text;
  const bytes = Buffer.from(text);
  return bytes.subarray(0, bytes.length - open).toString();
}
