/**
 * The canonical form of a path, so that another spelling cannot evade a rule about names. Also covers the spellings
 * of Windows: backslashes, dots and spaces at the end of a name, and streams (`name:stream`).
 */
export const plainPath = (path: string): string =>
  path
    .split(/[/\\]+/)
    .map((name) => (/^\.\.?$/.test(name) ? name : name.replace(/:.*$/s, '').replace(/[. ]+$/, '')))
    .filter((name) => name !== '.' && name !== '')
    .join('/');
