import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * Preloaded with `--import`: writes the names of all packages that the process has loaded to the file `LOADED_PACKAGES` at
 * its end.
 */
const packages = new Set<string>()
registerHooks({
  load(url, context, next) {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
    if (name !== undefined) packages.add(name)
    return next(url, context)
  }
})
process.on('exit', () => writeFileSync(process.env.LOADED_PACKAGES as string, JSON.stringify([...packages])))
