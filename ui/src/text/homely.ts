// Paths as titles of questions have them.

/** The path with ~ in the place of the home directory; anything else as it is. For people only: the daemon takes whole paths. */
export function homely(path: string, home: string | null): string {
  // A pattern for one path alone.
  const exact = path.startsWith("=") ? "=" : "";
  const whole = path.slice(exact.length);
  if (home === null || home === "/" || !(whole === home || whole.startsWith(`${home}/`))) {
    return path;
  }
  return `${exact}~${whole.slice(home.length)}`;
}
