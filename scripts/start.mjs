import { buildConsole, isConsoleCurrent } from './console-files.mjs'
import { runWithNode } from './run-with-node.mjs'

// `npm start`: the server, with a console that is as new as its sources. Without one the server says so, and serves all the same.
try {
  if (!isConsoleCurrent()) await buildConsole()
} catch (error) {
  console.error(`The console was not built: ${error.message}`)
}
runWithNode(['server.ts', ...process.argv.slice(2)])
