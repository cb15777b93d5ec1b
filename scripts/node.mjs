import { runWithNode } from './run-with-node.mjs'

// `node scripts/node.mjs file.ts [arguments]`: as `node file.ts`, with a Node that is new enough, whichever the machine has.
runWithNode(process.argv.slice(2))
