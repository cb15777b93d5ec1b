import type { Metrics } from '../telemetry/metrics.ts'
import type { Activities } from './activities.ts'
import { oldestOpenSilenceSeconds } from './quietest.ts'
import type { Silences } from './silences.ts'

interface Measured {
  activities: Pick<Activities, 'records'>
  silences: Pick<Silences, 'count'>
}

/** Adds the gauges of silent instances. */
export function addActivityGauges(metrics: Metrics, { activities, silences }: Measured): void {
  metrics.gauge(
    'iev_instances_silent',
    'Instances that should send events and have sent none for longer than their limit',
    () => silences.count
  )
  metrics.gauge(
    'iev_instances_open_silence_seconds',
    'Seconds since the last event of the quietest instance whose connection is open',
    () => oldestOpenSilenceSeconds(activities, Date.now())
  )
}
