import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getLibFiles, libFolderInMemoryPath, ts } from '@ts-morph/common'
import type { Test } from 'tap'
import { folder } from './build.ts'
import { tsc } from './tsc.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** In the folder of this package, where its name resolves to its exports. */
const FILE = join(ROOT, 'app-of-a-user.ts')
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.NodeNext,
  lib: ['lib.es2024.d.ts'],
  types: ['node'],
  skipLibCheck: true,
  noEmit: true
}

export interface BuiltTypes {
  service: ts.LanguageService
  /** Sets the text of the only source file. @returns its path */
  write(text: string): string
  /** True for a node in a declaration of this package. */
  isOurs(node: ts.Node | undefined): boolean
}

/** The language service of TypeScript 5.9, as editors use it, with the declarations that the package publishes. */
export async function builtTypes(t: Test): Promise<BuiltTypes> {
  const built = folder(t)
  const project = join(ROOT, 'tsconfig.build.json')
  const printed = await tsc('--project', project, '--outDir', built, '--emitDeclarationOnly')
  if (printed !== '') throw new Error(printed)
  const libs = new Map<string, string>(
    getLibFiles().map(({ fileName, text }) => [`${libFolderInMemoryPath}/${fileName}`, text])
  )
  let text = ''
  let version = 0
  const dist = join(ROOT, 'dist/')
  const onDisk = (path: string) => (path.startsWith(dist) ? join(built, path.slice(dist.length)) : path)
  const kind = (path: string) => statSync(onDisk(path), { throwIfNoEntry: false })
  function readFile(path: string): string | undefined {
    if (path === FILE) return text
    return libs.get(path) ?? (kind(path)?.isFile() ? readFileSync(onDisk(path), 'utf8') : undefined)
  }
  const service = ts.createLanguageService({
    getCompilationSettings: () => OPTIONS,
    getScriptFileNames: () => [FILE],
    getScriptVersion: (path) => (path === FILE ? String(version) : '0'),
    getScriptSnapshot: (path) => {
      const content = readFile(path)
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
    },
    getCurrentDirectory: () => ROOT,
    getDefaultLibFileName: () => `${libFolderInMemoryPath}/lib.es2024.d.ts`,
    fileExists: (path) => path === FILE || libs.has(path) || kind(path)?.isFile() === true,
    directoryExists: (path) => kind(path)?.isDirectory() === true,
    readFile
  })
  t.after(() => service.dispose())
  return {
    service,
    isOurs: (node) => node?.getSourceFile().fileName.startsWith(dist) === true,
    write(source) {
      // A new version makes the service check the file again.
      if (source !== text) version++
      text = source
      return FILE
    }
  }
}
