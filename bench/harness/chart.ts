import { type Comparison, ratio } from './compare.ts'

const WIDTH = 890
const LABELS = 430
const ROW = 22
const TOP = 44
/** The scale is logarithmic: twice and half are as far from the line. */
const SCALE = { from: 1 / 8, to: 32 }

interface Bar {
  label: string
  median: number
  min: number
  max: number
}

/** Ours ÷ the peer's of each scenario's first measure, which is a rate: an SVG that stands by itself, light and dark. */
export function chart(results: Readonly<Record<string, readonly Comparison[]>>): string {
  const bars = Object.entries(results).flatMap(([name, comparisons]) =>
    comparisons.flatMap((comparison) => barsOf(name, comparison))
  )
  const height = TOP + bars.length * ROW + 28
  const ticks = [0.25, 0.5, 1, 2, 4, 8, 16].map((value) => tick(value, height))
  const rows = bars.map((bar, index) => row(bar, TOP + index * ROW))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Rates of fastify-instance-events divided by those of peers">
<style>
text { font: 12px system-ui, sans-serif; fill: #24292f } .tick { fill: #57606a; text-anchor: middle } .grid { stroke: #d0d7de }
.one { stroke: #57606a } .bar { fill: #0969da } .below { fill: #bc4c00 } .range { stroke: #24292f; stroke-opacity: .5 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .tick { fill: #8d96a0 } .grid { stroke: #30363d } .one { stroke: #8d96a0 }
.bar { fill: #4493f8 } .below { fill: #db6d28 } .range { stroke: #e6edf3 } }
</style>
<text x="0" y="16">Rate, ours ÷ peer’s in the same run: median, and the range of the rounds</text>
${[...ticks, ...rows].join('\n')}
</svg>
`
}

function barsOf(name: string, { scenario, sides: [ours, ...peers] }: Comparison): Bar[] {
  const [measure] = Object.keys(ours?.samples[0] ?? {})
  if (!ours || measure === undefined || !measure.endsWith('/s')) return []
  const of = (samples: readonly Readonly<Record<string, number>>[]) =>
    samples.map((sample) => sample[measure] ?? Number.NaN)
  return peers.map((peer) => ({
    label: `${name}: ${scenario} ÷ ${peer.name}`,
    ...ratio(of(ours.samples), of(peer.samples))
  }))
}

function tick(value: number, height: number): string {
  const x = at(value)
  const line = `<line class="${value === 1 ? 'one' : 'grid'}" x1="${x}" x2="${x}" y1="${TOP - 6}" y2="${height - 22}"/>`
  return `${line}<text class="tick" x="${x}" y="${height - 8}">${value}×</text>`
}

function row({ label, median, min, max }: Bar, y: number): string {
  const [x, one] = [at(median), at(1)]
  const kind = median < 1 ? 'bar below' : 'bar'
  return [
    `<text x="0" y="${y + 14}">${escaped(label)}</text>`,
    `<rect class="${kind}" x="${Math.min(x, one)}" y="${y + 4}" width="${Math.max(1, Math.abs(x - one)).toFixed(1)}" height="12"/>`,
    `<line class="range" x1="${at(min)}" x2="${at(max)}" y1="${y + 10}" y2="${y + 10}"/>`,
    `<text x="${Math.max(x, at(max), one) + 6}" y="${y + 14}">${median.toFixed(2)}×</text>`
  ].join('')
}

function at(value: number): number {
  const { from, to } = SCALE
  const share = Math.log(Math.min(to, Math.max(from, value)) / from) / Math.log(to / from)
  return Math.round(LABELS + share * (WIDTH - LABELS - 50))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
