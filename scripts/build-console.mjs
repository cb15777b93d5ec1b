import { buildConsole } from './console-files.mjs'

// `npm run build:console`. JavaScript, so that any Node runs it.
if (!(await buildConsole())) {
  console.error('The console was not built: that takes the development packages (`npm ci` without --omit=dev)')
  process.exitCode = 1
}
