// Loaded before everything else in the process of each test file.
const { resolve } = require('node:path')
const { enableCompileCache } = require('node:module')

// The hooks of tap do not record the files of packages: no coverage counts them.
Object.assign(process.env, { _TAPJS_PROCESSINFO_EXCLUDE_: String(/[\\/](node_modules|\.tap)[\\/]/) })

// Coverage would be imprecise with compiled code from a cache.
const { _TAPJS_PROCESSINFO_COVERAGE_: coverage } = process.env
if (coverage === '0') {
  process.env.NODE_COMPILE_CACHE = resolve('.tap/compile-cache')
  enableCompileCache()
}
