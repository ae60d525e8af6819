import { fold } from '../../../shared/domain/fold.js';
import { Instruction } from './workspace.js';

const FIRST = 'agents.md';

/**
 * The folder whose files an instruction is about: what programs keep in `.github` or `.cursor` is about the folder above.
 * @param hasRoots whether paths begin with the name of a root, which may have a dot as well
 */
export function folderOf(path: string, hasRoots = false): string {
  const names = path.split('/').slice(0, -1);
  const hidden = names.findIndex((name, index) => name.startsWith('.') && !(hasRoots && index === 0));
  return (hidden < 0 ? names : names.slice(0, hidden)).join('/');
}

/** By path, those of a folder before those beneath it, and AGENTS.md before all others of its folder. */
export const inOrder = <Given extends Pick<Instruction, 'path'>>(
  instructions: readonly Given[],
  hasRoots = false,
): Given[] => instructions.toSorted((a, b) => (keyOf(a, hasRoots) < keyOf(b, hasRoots) ? -1 : 1));

function keyOf({ path }: Pick<Instruction, 'path'>, hasRoots: boolean): string {
  const isFirst = path.slice(path.lastIndexOf('/') + 1).toLowerCase() === FIRST;
  // Two characters below all that names contain, so that `a` comes before `a/b`, and that before `a-b`.
  return [folderOf(path, hasRoots).replaceAll('/', '\u0001'), isFirst ? '' : '1', path].join('\0');
}

/** Whether a path, as a tool is called with it, is the folder or lies beneath. Case does not count, as on many disks. */
export function isBeneath(path: string, folder: string): boolean {
  const [inner, outer] = [fold(path), fold(folder)];
  return inner === outer || inner.startsWith(`${outer}/`);
}
