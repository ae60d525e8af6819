export type Folder = FileSystemDirectoryHandle;

export interface Entry {
  readonly path: string;
  readonly handle: FileSystemFileHandle | FileSystemDirectoryHandle;
}

/** Folders that hold what others have made. */
const SKIPPED = new Set(['node_modules', '.git', 'dist']);

let lastId = 0;

/** Files of a folder that the user has lent. A handle leads nowhere but down: the browser refuses `..` as a name. */
export class LentFolder {
  /** Another one for each folder that is lent. */
  readonly id = ++lastId;
  readonly #root: Folder;

  constructor(root: Folder) {
    this.#root = root;
  }

  /** @returns undefined where there is no such file */
  async read(path: string): Promise<Uint8Array | undefined> {
    const file = await this.file(path);
    return file && new Uint8Array(await file.arrayBuffer());
  }

  /** As `read`, with its size, and read when it is asked for. */
  async file(path: string): Promise<File | undefined> {
    try {
      const [folders, name] = split(path);
      const handle = await (await this.#folder(folders, false)).getFileHandle(name);
      return await handle.getFile();
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
      throw error;
    }
  }

  /** The paths of its files, but for hidden ones and what others have made. */
  async files(most: number, signal: AbortSignal): Promise<string[]> {
    const paths: string[] = [];
    for await (const { path, handle } of this.list('', { deep: true, hidden: false })) {
      if (handle.kind === 'file' && paths.push(path) >= most) break;
      signal.throwIfAborted();
    }
    return paths;
  }

  /** What is directly in a folder. */
  async entries(path: string): Promise<{ name: string; isFolder: boolean }[]> {
    const entries = [];
    for await (const { name, kind } of (await this.#folder(namesIn(path), false)).values()) {
      entries.push({ name, isFolder: kind === 'directory' });
    }
    return entries;
  }

  /** @param makes missing folders */
  async write(path: string, content: string | Uint8Array, makes: boolean): Promise<void> {
    const [folders, name] = split(path);
    const file = await (await this.#folder(folders, makes)).getFileHandle(name, { create: true });
    const stream = await file.createWritable();
    await stream.write(content as Uint8Array<ArrayBuffer> | string);
    await stream.close();
  }

  async remove(path: string): Promise<void> {
    const [folders, name] = split(path);
    await (await this.#folder(folders, false)).removeEntry(name);
  }

  async makeFolder(path: string): Promise<void> {
    await this.#folder(namesIn(path), true);
  }

  /** What is in a folder, by paths from the top of the lent one; folders end with a slash. */
  async *list(path: string, { deep, hidden }: { deep: boolean; hidden: boolean }): AsyncGenerator<Entry> {
    const names = namesIn(path);
    const folder = await this.#folder(names, false);
    yield* entriesIn(folder, names.map((name) => `${name}/`).join(''), deep, hidden);
  }

  async #folder(names: readonly string[], create: boolean): Promise<Folder> {
    let folder = this.#root;
    for (const name of names) folder = await folder.getDirectoryHandle(name, { create });
    return folder;
  }
}

async function* entriesIn(
  folder: Folder,
  before: string,
  deep: boolean,
  hidden: boolean,
): AsyncGenerator<Entry> {
  for await (const handle of folder.values()) {
    if (!hidden && handle.name.startsWith('.')) continue;
    const isFolder = handle.kind === 'directory';
    const path = before + handle.name;
    yield { path: isFolder ? `${path}/` : path, handle };
    if (isFolder && deep && !SKIPPED.has(handle.name)) yield* entriesIn(handle, `${path}/`, deep, hidden);
  }
}

const namesIn = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

function split(path: string): [folders: string[], name: string] {
  const names = namesIn(path);
  return [names.slice(0, -1), names.at(-1) ?? ''];
}
