import { runWithNode } from './run-with-node.mjs'

// `node scripts/node.mjs file.ts [arguments]`: runs `node file.ts` with a Node that is new enough, regardless of the machine's.
runWithNode(process.argv.slice(2))
