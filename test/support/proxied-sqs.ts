import type { Test } from 'tap'
import { startFaultProxy } from './fault-proxy.ts'
import { startSqs } from './sqs.ts'

/** Starts an SQS emulator and a proxy in front of it, to which the options point; both are stopped after the test. */
export async function startProxiedSqs(t: Test) {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  return { sqs, proxy, options: { ...sqs.options, endpoint: proxy.endpoint } }
}
