/** By how much values grow from one to the next: the slope of the line with the least squares. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let products = 0
  let squares = 0
  for (const [at, value] of values.entries()) {
    products += (at - middle) * (value - mean)
    squares += (at - middle) ** 2
  }
  return products / squares
}
