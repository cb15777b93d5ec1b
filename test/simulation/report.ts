import type { Outcome } from './simulate.ts'

/** Tells of a run: what is wrong, what happened last, and how to see it again. */
export function report({ seed, violations, trace, fingerprint, counts }: Outcome): string {
  const wrong = violations.length > 0 ? violations.map((violation) => `- ${violation}`) : ['nothing is wrong']
  return [
    ...trace,
    '',
    `Seed ${seed} (${fingerprint}): ${counts.events} events, ${counts.calls} sends`,
    ...wrong,
    `Again: npm run simulate -- --seed ${seed}`
  ].join('\n')
}
