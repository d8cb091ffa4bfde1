// Characters that RFC 5987 allows without an escape.
const UNESCAPED = /[A-Za-z0-9!#$&+.^_`|~-]/;

/**
 * Returns the header `content-disposition` for a file (RFC 6266). Any name is safe: `filename` holds only harmless
 * characters, and `filename*` the whole name in percent-encoded UTF-8.
 */
export function contentDisposition(kind: 'inline' | 'attachment', name: string): string {
  const plain = name.replace(/[^\w.-]/g, '_').slice(-100);
  const bytes = [...Buffer.from(name)].map((byte) => String.fromCharCode(byte));
  const encoded = bytes.map((char) =>
    UNESCAPED.test(char)
      ? char
      : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded.join('')}`;
}
