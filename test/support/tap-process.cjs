// Loaded before everything else in the process of each test file.
const { mkdirSync, rmSync, symlinkSync } = require('node:fs')
const { resolve } = require('node:path')
const { enableCompileCache, registerHooks } = require('node:module')

// The hooks of tap do not record the files of packages: no coverage counts them.
Object.assign(process.env, { _TAPJS_PROCESSINFO_EXCLUDE_: String(/[\\/](node_modules|\.tap)[\\/]/) })

const cache = resolve('.tap/compile-cache')
const { _TAPJS_PROCESSINFO_COVERAGE_: coverage } = process.env
if (coverage === '0') {
  process.env.NODE_COMPILE_CACHE = cache
  enableCompileCache()
} else usePackagesOf(cache)

/**
 * Where coverage is measured, only packages come from the cache: V8 does not measure branches in code from there. Nothing is written
 * there either, because code that was compiled to be measured is slow.
 */
function usePackagesOf(cache) {
  const view = resolve('.tap', `compile-cache-${process.pid}`)
  mkdirSync(cache, { recursive: true })
  symlinkSync(cache, view, 'junction')
  process.once('exit', () => rmSync(view))
  enableCompileCache(view)
  // A source that differs from the one in the cache, with the same offsets.
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      if (/\.ts($|\?)/.test(url)) loaded.source = `${loaded.source}\n`
      return loaded
    }
  })
}
