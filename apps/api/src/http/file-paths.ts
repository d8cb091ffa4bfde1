const FILE = /^(\/v1\/sessions\/[^/?#]*\/files\/)([^?#]*)/;

/**
 * Returns the URL of a request with the path of a captured file encoded once more. The router decodes paths as UTF-8 and
 * refuses other bytes, but a file may have any bytes in its name. So the route gets the path as the caller encoded it.
 */
export function keepFilePath(url: string): string {
  return url.replace(
    FILE,
    (_, before: string, path: string) => before + path.replaceAll('%', '%25'),
  );
}
