import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * Preloaded with `--import` into a process of its own: writes the names of all packages that were loaded to the file
 * `LOADED_PACKAGES` when the process ends.
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
