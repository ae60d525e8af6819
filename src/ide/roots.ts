import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { nothingThere } from './host.ts';
import { rootNames } from './root-names.ts';

export interface Root {
  readonly name: string;
  /** As the user has opened it. */
  readonly path: string;
  /** Without links. */
  readonly real: string;
}

/**
 * The folders of a workspace, and what the paths of tools mean in them: with one folder they are relative to it, with several
 * they begin with the name of one.
 */
export class Roots {
  /** Commands run in the first one where they name no other. */
  readonly all: readonly [Root, ...Root[]];

  constructor(all: readonly [Root, ...Root[]]) {
    this.all = all;
  }

  /** Folders that are there twice, by links too, count once. @throws where one of them is not there */
  static async of(folder: string, further: readonly string[] = []): Promise<Roots> {
    const found = new Map<string, string>();
    for (const path of [folder, ...further].map((each) => resolve(each))) {
      const real = await realpath(path);
      if (!found.has(real)) found.set(real, path);
    }
    const names = rootNames([...found.keys()]);
    const all = [...found].map(([real, path], index) => ({ name: names[index]!, path, real }));
    return new Roots(all as [Root, ...Root[]]);
  }

  get areSeveral(): boolean {
    return this.all.length > 1;
  }

  /**
   * Where a path really is: what exists of it is followed through links, the rest is still to be made.
   * @throws where it leads out of the root that it is relative to
   */
  async locate(path: string): Promise<string> {
    const { root, inner } = this.find(path);
    const wanted = resolve(root.real, inner);
    requireWithin(root, wanted, path);
    for (let existing = wanted; ; existing = dirname(existing)) {
      if (!(await lstat(existing).catch(nothingThere))) continue;
      const real = await realpath(existing);
      requireWithin(root, real, path);
      return join(real, relative(existing, wanted));
    }
  }

  /** The root that a path is relative to, and the rest of it. @throws where it begins with the name of none */
  find(path: string): { readonly root: Root; readonly inner: string } {
    const found = this.#find(path);
    if (found) return found;
    const names = this.all.map(({ name }) => name).join(', ');
    throw new Error(`${path} does not begin with the name of a folder of the workspace: ${names}`);
  }

  /** What a path is on this machine, for people: as they have opened the folders, with links as they are. */
  absolute(path: string): string {
    const { root, inner } = this.#find(path) ?? { root: this.all[0], inner: path };
    return resolve(root.path, inner);
  }

  /** The path by which tools know a file or folder, of the innermost root; undefined where it is in none, or the only one. */
  pathOf(file: string): string | undefined {
    const [found] = this.all
      .flatMap((root) => [root.path, root.real].map((folder) => ({ root, folder })))
      .filter(({ folder }) => isWithin(folder, file))
      .toSorted((a, b) => b.folder.length - a.folder.length);
    return found && (this.#pathIn(found.root, relative(found.folder, file)) || undefined);
  }

  /** The same for a real path, by the root that the path of a folder above begins with. */
  pathBeneath(folder: string, real: string): string {
    const { root } = this.find(folder);
    return this.#pathIn(root, relative(root.real, real));
  }

  /** Whether a real path is that of a root. One that lies in another is listed once, by its own name. */
  isRoot(real: string): boolean {
    return this.all.some((root) => root.real === real);
  }

  /** A text that tells paths of tools in the place of real ones. */
  withoutPlaces(text: string): string {
    return this.all
      .toSorted((a, b) => b.real.length - a.real.length)
      .reduce((told, { name, real }) => told.replaceAll(real, this.areSeveral ? name : '.'), text);
  }

  #find(path: string): { root: Root; inner: string } | undefined {
    if (!this.areSeveral || path === '.') return { root: this.all[0], inner: path };
    const [first = '', ...inner] = path.split('/');
    const name = first.normalize('NFC');
    const root = this.all.find((each) => each.name === name);
    return root && { root, inner: inner.join('/') };
  }

  #pathIn({ name }: Root, inner: string): string {
    return [...(this.areSeveral ? [name] : []), ...inner.split(sep)].filter(Boolean).join('/');
  }
}

export const isWithin = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

function requireWithin({ real }: Root, absolute: string, path: string): void {
  if (!isWithin(real, absolute)) throw new Error(`${path} leads out of the workspace`);
}
