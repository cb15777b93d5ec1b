import type { Test } from 'tap'
import { startFaultProxy } from './fault-proxy.ts'
import { startSqs } from './sqs.ts'

/** An SQS emulator, and options that point the plugin to the proxy in front of it; both stopped after the test. */
export async function startProxiedSqs(t: Test) {
  const sqs = await startSqs(t)
  const proxy = await startFaultProxy(t, sqs.options.endpoint)
  return { sqs, proxy, options: { ...sqs.options, endpoint: proxy.endpoint } }
}
