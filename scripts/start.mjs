import { buildConsole, isConsoleCurrent } from './console-files.mjs'
import { runWithNode } from './run-with-node.mjs'

// `npm start`: builds the console if it is missing or outdated, and runs the server, which also works without the console.
try {
  if (!isConsoleCurrent()) await buildConsole()
} catch (error) {
  console.error(`The console was not built: ${error.message}`)
}
runWithNode(['server.ts', ...process.argv.slice(2)])
