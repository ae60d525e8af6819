import { copyFileSync, existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

/** Where the JavaScript goes, in the same folders as its source. */
export const TRANSLATION = '.dev';
export const SOURCE_FOLDERS = ['src', 'migrations', 'agents'];

const { options: compilerOptions } = ts.getParsedCommandLineOfConfigFile(
  'tsconfig.build.json',
  {
    outDir: TRANSLATION,
    sourceMap: false,
    inlineSourceMap: true,
    // Set here because package.json, which decides under `nodenext`, is not read when one file is translated alone.
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: console.error },
)!;

const format: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (file) => file,
  getCurrentDirectory: () => ts.sys.getCurrentDirectory(),
  getNewLine: () => ts.sys.newLine,
};

/** The definitions of agents are used as they are. */
const isAgent = (file: string): boolean => file.endsWith('.md');

export const isSource = (file: string): boolean =>
  isAgent(file) || (file.endsWith('.ts') && !file.endsWith('.spec.ts'));

/** Translates every source file and removes older translations. */
export function translateAll(): void {
  for (const folder of SOURCE_FOLDERS) {
    rmSync(join(TRANSLATION, folder), { recursive: true, force: true });
    globSync(`${folder}/**/*.{ts,md}`).filter(isSource).forEach(translate);
  }
}

/**
 * Translates one source file without checking types, or removes the translation of a deleted file.
 *
 * @returns false for a syntax error, which is printed; the last good translation stays
 */
export function translate(file: string): boolean {
  const output = join(TRANSLATION, file.replace(/\.ts$/, '.js'));
  if (isAgent(file)) return copy(file, output);
  const source = ts.sys.readFile(file);
  if (source === undefined) {
    rmSync(output, { force: true });
    return true;
  }
  const { outputText, diagnostics = [] } = ts.transpileModule(source, {
    compilerOptions,
    fileName: resolve(file),
    reportDiagnostics: true,
  });
  if (diagnostics.length > 0) {
    console.error(ts.formatDiagnosticsWithColorAndContext(diagnostics, format));
    return false;
  }
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, outputText);
  return true;
}

function copy(file: string, output: string): true {
  mkdirSync(dirname(output), { recursive: true });
  if (existsSync(file)) copyFileSync(file, output);
  else rmSync(output, { force: true });
  return true;
}
