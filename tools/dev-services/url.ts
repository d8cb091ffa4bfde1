/** Returns the URL with its password masked, for use in a message. */
export function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^/@:]*:)[^@]*(@)/, '$1***$2');
}
