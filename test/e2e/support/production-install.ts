import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

interface LockFile {
  readonly packages: Readonly<Record<string, { dev?: true; optional?: true; devOptional?: true }>>;
}

/**
 * What is built, with the packages that `npm ci --omit=dev --omit=optional` would install and no others.
 * @returns how Node is started there, what is to be started left out
 */
export async function installForProduction(folder: string): Promise<(script: string) => string[]> {
  await cp('dist', join(folder, 'dist'), { recursive: true });
  await cp('console/dist', join(folder, 'console/dist'), { recursive: true });
  await cp('package.json', join(folder, 'package.json'));
  const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as LockFile;
  for (const [path, { dev, optional, devOptional }] of Object.entries(packages)) {
    const isNested = path.lastIndexOf('node_modules/') > 0; // comes with the package around it
    const isPackage = path.startsWith('node_modules/'); // else a workspace, or the project itself
    if (!isPackage || dev || optional || devOptional || isNested) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(resolve(path), join(folder, path));
  }
  // Else each package would find its own beside where it really is, those of development among them.
  return (script) => ['--preserve-symlinks', '--preserve-symlinks-main', join(folder, 'dist/src', script)];
}
