/** The beginning of a text that takes at most `max` bytes of UTF-8; no character is cut in two. */
export function cutText(text: string, max: number): string {
  // No character takes more than three bytes a UTF-16 unit: short texts need no counting.
  if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(max));
  return text.slice(0, read);
}
