// Paths as titles of questions have them.

/** The path with ~ in the place of the home directory; anything else as it is. For people only: the daemon takes whole paths. */
export function homely(path: string, home: string | null): string {
  if (home === null || home === "/" || !(path === home || path.startsWith(`${home}/`))) {
    return path;
  }
  return `~${path.slice(home.length)}`;
}
