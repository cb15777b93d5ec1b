import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * `node bench/profile.ts file.cpuprofile [lines]`: where the time went, by function and by package.
 * Processes of a benchmark write profiles with `NODE_OPTIONS='--cpu-prof --cpu-prof-dir=folder'`.
 */
interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

const [file, lines = '40'] = process.argv.slice(2)
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file as string, 'utf8')) as Profile
const byId = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
const functions = new Map<string, number>()
const packages = new Map<string, number>()
let total = 0
for (const [index, id] of samples.entries()) {
  const micros = timeDeltas[index] ?? 0
  const { functionName, url, lineNumber } = byId.get(id) as Profile['nodes'][number]['callFrame']
  if (functionName === '(idle)') continue
  const path = url.startsWith('file:') ? relative(process.cwd(), fileURLToPath(url)) : url
  total += micros
  add(functions, `${functionName || '(anonymous)'} ${path}${path && `:${lineNumber + 1}`}`, micros)
  add(packages, packageOf(path) || functionName, micros)
}
print('package', packages, 15)
print('function', functions, Number(lines))

function add(sums: Map<string, number>, name: string, micros: number): void {
  sums.set(name, (sums.get(name) ?? 0) + micros)
}

function packageOf(path: string): string {
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? []
  return name ?? path
}

function print(title: string, sums: Map<string, number>, count: number): void {
  console.log(`\n${(total / 1e3).toFixed(0)} ms busy, by ${title}`)
  for (const [name, micros] of [...sums].sort(([, a], [, b]) => b - a).slice(0, count)) {
    console.log(`${((100 * micros) / total).toFixed(1).padStart(5)} %  ${name}`)
  }
}
