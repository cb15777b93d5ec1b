import { buildConsole } from './console-files.mjs'

// `npm run build:console`. In JavaScript, so that every version of Node runs it.
if (!(await buildConsole())) {
  console.error('The console was not built: the build needs the development packages (`npm ci` without --omit=dev)')
  process.exitCode = 1
}
