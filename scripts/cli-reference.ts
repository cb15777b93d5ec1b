import { readFileSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { runCli } from '../lib/cli/run-cli.ts'

/** Updates docs/cli.md: under each heading that names a command, the first code block is replaced by the output of `--help`. */
const FILE = new URL('../docs/cli.md', import.meta.url)
const PROGRAM = 'fastify-instance-events'

async function help(command: string): Promise<string> {
  const lines: string[] = []
  await runCli([...command.split(' ').filter((word) => word !== '' && word !== PROGRAM), '--help'], {
    out: (line) => lines.push(line),
    error: console.error,
    status: () => {},
    ask: undefined,
    input: Readable.from([]),
    env: {},
    folder: '.',
    colours: false,
    signal: new AbortController().signal,
    endOnClosedOutput: () => {},
    serve: async () => {}
  })
  return lines.join('\n')
}

const sections = readFileSync(FILE, 'utf8').split(/^(?=##+ )/m)
const written = await Promise.all(
  sections.map(async (section) => {
    const [, command] = /^##+ `([^`]+)`/.exec(section) ?? []
    if (command === undefined) return section
    const text = await help(command)
    return section.replace(/^```\n[^]*?^```\n/m, () => `\`\`\`\n${text}\n\`\`\`\n`)
  })
)
writeFileSync(FILE, written.join(''))
