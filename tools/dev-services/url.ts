/** Returns the URL with its password blotted out, fit for a message. */
export function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^/@:]*:)[^@]*(@)/, '$1***$2');
}
