import { type Comparison, ratio } from './compare.ts'
import { median } from './statistics.ts'

/** With more peers than this, they are columns. */
const MAX_PEER_LINES = 3
const NONE = '–'

/** A Markdown table: a line for each measure and peer or, with many peers, a line for each measure. */
export function table(comparisons: readonly Comparison[]): string {
  const [, ...peers] = comparisons[0]?.sides ?? []
  const lines = peers.length > MAX_PEER_LINES ? wide(comparisons, peers) : long(comparisons)
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  const rows = lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
  rows.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`)
  return rows.join('\n')
}

function long(comparisons: readonly Comparison[]): string[][] {
  const header = ['scenario', 'measure', 'ours', 'peer', 'peer’s', 'ours ÷ peer’s: median (min … max)']
  const lines = comparisons
    .flatMap(measures)
    .flatMap(({ scenario, measure, ours, peers }) =>
      peers.map(({ name, middle, ratios }) => [scenario, measure, ours, name, middle, ratios])
    )
  return [header, ...lines]
}

function wide(comparisons: readonly Comparison[], peers: readonly { name: string }[]): string[][] {
  const header = ['scenario', 'measure', 'ours', ...peers.map(({ name }) => `${name}: ours ÷ its`)]
  const lines = comparisons
    .flatMap(measures)
    .map(({ scenario, measure, ours, peers }) => [
      scenario,
      measure,
      ours,
      ...peers.map(({ middle, ratios }) => `${middle}: ${ratios}`)
    ])
  return [header, ...lines]
}

interface Measure {
  scenario: string
  measure: string
  ours: string
  /** Median, and the ratio of ours to it. */
  peers: { name: string; middle: string; ratios: string }[]
}

function measures({ scenario, sides: [ours, ...peers] }: Comparison): Measure[] {
  if (!ours) return []
  return Object.keys(ours.samples[0] ?? {}).map((measure) => {
    const of = (samples: Comparison['sides'][number]['samples']) =>
      samples.map((sample) => sample[measure] ?? Number.NaN)
    const own = of(ours.samples)
    return {
      scenario,
      measure,
      ours: number(median(own)),
      peers: peers.map(({ name, samples }) => {
        const { min, median: middle, max } = ratio(own, of(samples))
        // One of them lacks the measure, or both are 0.
        const ratios = Number.isNaN(middle) ? NONE : `${middle.toFixed(2)} (${min.toFixed(2)} … ${max.toFixed(2)})`
        return { name, middle: number(median(of(samples))), ratios }
      })
    }
  })
}

function number(value: number): string {
  if (Number.isNaN(value)) return NONE
  return value.toLocaleString('en', value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 })
}
