/**
 * One way to write a path, however it was written: rules about names must not be passed by another spelling. Also what
 * Windows takes for the same: backslashes, dots and spaces at the end of a name, and streams (`name:stream`).
 */
export const plainPath = (path: string): string =>
  path
    .split(/[/\\]+/)
    .map((name) => (/^\.\.?$/.test(name) ? name : name.replace(/:.*$/s, '').replace(/[. ]+$/, '')))
    .filter((name) => name !== '.' && name !== '')
    .join('/');
