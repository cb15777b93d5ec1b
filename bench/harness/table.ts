import { type Comparison, ratio } from './compare.ts'
import { median } from './statistics.ts'

/** A Markdown table: a line for each measure and peer. */
export function table(comparisons: readonly Comparison[]): string {
  const header = ['scenario', 'measure', 'ours', 'peer', 'peer’s', 'ours ÷ peer’s: median (min … max)']
  const lines = [header, ...comparisons.flatMap((comparison) => measures(comparison))]
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const rows = lines.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
  rows.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`)
  return rows.join('\n')
}

function measures({ scenario, sides: [ours, ...peers] }: Comparison): string[][] {
  if (!ours) return []
  const names = Object.keys(ours.samples[0] ?? {})
  return names.flatMap((measure) =>
    peers.map(({ name, samples }) => {
      const own = ours.samples.map((sample) => sample[measure] ?? Number.NaN)
      const others = samples.map((sample) => sample[measure] ?? Number.NaN)
      const { min, median: middle, max } = ratio(own, others)
      const ratios = `${middle.toFixed(2)} (${min.toFixed(2)} … ${max.toFixed(2)})`
      return [scenario, measure, number(median(own)), name, number(median(others)), ratios]
    })
  )
}

function number(value: number): string {
  return value.toLocaleString('en', value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 })
}
