import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import Fastify from 'fastify'
import { startFauxqs } from 'fauxqs'
import { chromium, type Browser, type Page } from 'playwright-core'
import app from '../app.ts'
import { publisherTo } from '../bench/sqs/publisher.ts'
import { templateOf } from '../console/templates.ts'
import type { InstanceEventInput } from '../lib/schemas/event-input.ts'
import { findChromium } from '../test/support/browser.ts'

/** Takes the README's screenshots of the console (docs/console-*.png) while the benchmarks' publisher sends events. */
const KEY = 'key-of-the-screenshots'
const INSTANCES = ['sales', 'sales-north', 'support', 'support-night', 'billing', 'campaigns']
/** Events between the publisher's messages, so that the list shows several kinds. */
const OTHERS = ['messages.update', 'presence.update', 'send.message', 'chats.update', 'connection.update', 'call']
/** Events per second, each rate for PACE_MS: a quiet minute, a campaign, and the time after it. */
const PACES = [12, 15, 11, 18, 60, 85, 40, 22, 16, 14]
const PACE_MS = 6_000
const SIZE = { width: 1280, height: 800 }
const MAX_BYTES = 200 * 1_024

const executablePath = findChromium()
if (executablePath === undefined) throw new Error('No Chromium found: install one, or say where it is in CHROMIUM_PATH')

const sqs = await startFauxqs({ port: 0, logger: false })
const server = Fastify()
await server.register(app, {
  apiKey: KEY,
  docs: false,
  eventLog: { url: ':memory:' },
  sqs: {
    endpoint: `http://127.0.0.1:${sqs.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    global: { events: ['MESSAGES_UPSERT', 'SEND_MESSAGE', 'CONNECTION_UPDATE'] }
  },
  websocket: { globalEvents: true }
})
const url = await server.listen({ host: '127.0.0.1', port: 0 })
for (const name of INSTANCES) {
  await server.eventLog.instances.create({ name, token: randomUUID() })
  await server.websocket.set(name, { enabled: true })
}
await server.sqs.set('sales', { enabled: true, events: ['MESSAGES_UPSERT', 'SEND_MESSAGE', 'CONNECTION_UPDATE'] })

let published = 0
const publisher = publisherTo({
  instances: INSTANCES,
  store: server.eventLog.store,
  accept: (input) => server.onInstanceEvent(withOthers(input))
})
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
try {
  const overview = await open(browser, 'light', '#/overview')
  const failing = await open(browser, 'dark', '#/overview')
  const live = await open(browser, 'dark', '#/live')
  for (const pace of PACES) await publisher.pace(pace, PACE_MS)
  await shoot(overview, 'overview-light')

  const meanwhile = publisher.pace(24, PACE_MS)
  await setTimeout(PACE_MS / 2)
  await live.getByRole('option').filter({ hasText: 'messages.upsert' }).first().click()
  await shoot(live, 'live-dark')
  await meanwhile

  await overview.goto(`${url}/console/#/instances/sales`)
  await overview.getByText('sales_messages_upsert.fifo', { exact: true }).waitFor()
  await shoot(overview, 'instance-light')

  await sqs.stop()
  await publisher.pace(20, 2 * PACE_MS)
  await failing.getByText('ECONNREFUSED').first().waitFor()
  await shoot(failing, 'faults-dark')
} finally {
  await browser.close()
  await server.close()
}

/** Opens the console in English, and signs in. */
async function open(browser: Browser, colorScheme: 'light' | 'dark', hash: string): Promise<Page> {
  const page = await browser.newPage({ colorScheme, locale: 'en', viewport: SIZE })
  await page.goto(`${url}/console`)
  await page.getByLabel('Key').fill(KEY)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  await page.goto(`${url}/console/${hash}`)
  return page
}

async function shoot(page: Page, name: string): Promise<void> {
  const path = `docs/console-${name}.png`
  // Keeps the pointer off the charts.
  await page.mouse.move(0, 0)
  await setTimeout(500)
  await page.screenshot({ path })
  const { size } = statSync(path)
  if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes, more than ${MAX_BYTES}`)
  console.log(`${path}: ${size} bytes`)
}

/** Replaces every second event by one of the others. */
function withOthers(input: InstanceEventInput): InstanceEventInput {
  const turn = published++
  const event = OTHERS[(turn >> 1) % OTHERS.length]
  const shown = turn % 2 === 0 || event === undefined ? input : { ...input, event, data: JSON.parse(templateOf(event)) }
  // Removes emoji, for which some machines have no font.
  return JSON.parse(JSON.stringify(shown).replace(/ ?\p{Extended_Pictographic}/gu, ''))
}
