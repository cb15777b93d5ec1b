import { median } from './statistics.ts'

/** The measurements of a run, by name. */
export type Sample = Readonly<Record<string, number>>

/** One of the compared sides; the first is ours. */
export interface Side {
  name: string
  /** One run. Rejects if the work was wrong or incomplete. */
  run(): Promise<Sample>
}

export interface Comparison {
  scenario: string
  sides: { name: string; samples: Sample[] }[]
}

/** Runs the sides in turn, A B A B …, so that other work of the machine affects all of them. */
export async function compare(scenario: string, rounds: number, sides: readonly Side[]): Promise<Comparison> {
  const result = sides.map(({ name }) => ({ name, samples: [] as Sample[] }))
  for (let round = 0; round < rounds; round++) {
    // As many results as sides.
    for (const [index, side] of sides.entries()) result[index]?.samples.push(await side.run())
  }
  return { scenario, sides: result }
}

export interface Ratio {
  min: number
  median: number
  max: number
}

/** Ours divided by the other's, pair by pair. */
export function ratio(ours: readonly number[], others: readonly number[]): Ratio {
  const ratios = ours.map((value, index) => value / (others[index] ?? Number.NaN))
  return { min: Math.min(...ratios), median: median(ratios), max: Math.max(...ratios) }
}
