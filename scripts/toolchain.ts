import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_PACKAGE = `node-${process.platform}-${process.arch}`

/** Installs versions of Node and npm from the registry into a temporary folder. */
export class Toolchain implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'instance-events-tools-'))

  /** @param versions as ranges, such as `10.9` or `^22.18.0` */
  constructor({ node, npm = [] }: { node: readonly string[]; npm?: readonly string[] }) {
    const dependencies = Object.fromEntries([
      ...node.map((version) => [`node-${version}`, `npm:${NODE_PACKAGE}@${version}`]),
      ...npm.map((version) => [`npm-${version}`, `npm:npm@${version}`])
    ])
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: this.folder,
      env: withoutNpmSettings(process.env),
      stdio: 'inherit'
    })
  }

  /** The environment of a shell whose `node` and `npm` are these versions. */
  environment({ node, npm }: { node: string; npm?: string }): NodeJS.ProcessEnv {
    const bin = mkdtempSync(join(this.folder, 'bin-'))
    const modules = join(this.folder, 'node_modules')
    const files = {
      node: join(modules, `node-${node}`, 'bin', 'node'),
      ...(npm !== undefined && { npm: join(modules, `npm-${npm}`, 'bin', 'npm-cli.js') })
    }
    for (const [name, file] of Object.entries(files)) symlinkSync(file, join(bin, name))
    const { PATH = '', ...env } = withoutNpmSettings(process.env)
    return { ...env, PATH: [bin, PATH].join(delimiter) }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Removes the variables and the PATH entries that npm adds for scripts. */
function withoutNpmSettings({ PATH = '', ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const path = PATH.split(delimiter).filter((folder) => !folder.startsWith(join(root, 'node_modules')))
  const kept = Object.entries(env).filter(([name]) => !/^(npm_|NODE_OPTIONS$|INIT_CWD$)/i.test(name))
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) }
}
