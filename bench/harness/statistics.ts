/** The value that this share of all is not above. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = Math.floor(sorted.length / 2)
  const middle = sorted.length % 2 === 1 ? [upper] : [upper - 1, upper]
  return middle.reduce((sum, index) => sum + (sorted[index] ?? Number.NaN), 0) / middle.length
}
