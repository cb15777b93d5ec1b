import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import Fastify from 'fastify'
import { startFauxqs } from 'fauxqs'
import { chromium, type Browser, type Page } from 'playwright-core'
import app from '../app.ts'
import { publisherTo } from '../bench/sqs/publisher.ts'
import { templateOf } from '../console/templates.ts'
import { en, type Texts } from '../console/texts/en.ts'
import { ptBr } from '../console/texts/pt-br.ts'
import type { InstanceEventInput } from '../lib/schemas/event-input.ts'
import { findChromium } from '../test/support/browser.ts'

/** Takes the pictures of the console in the documents of both languages while the benchmarks' publisher sends events. */
const KEY = 'key-of-the-screenshots'
const INSTANCES = ['sales', 'sales-north', 'support', 'support-night', 'billing', 'campaigns']
/** Events between the publisher's messages, so that the list shows several kinds. */
const OTHERS = ['messages.update', 'presence.update', 'send.message', 'chats.update', 'connection.update', 'call']
/** Events per second, each rate for PACE_MS: a quiet minute, a campaign, and the time after it. */
const PACES = [12, 15, 11, 18, 60, 85, 40, 22, 16, 14]
const PACE_MS = 6_000
const SIZE = { width: 1280, height: 800 }
const MAX_BYTES = 200 * 1_024
/** Folders of the pictures, by language. */
const LANGUAGES: readonly (readonly [texts: Texts, locale: string, folder: string])[] = [
  [en, 'en', 'docs'],
  [ptBr, 'pt-BR', 'docs/pt-BR']
]

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
  const pages = await Promise.all(
    LANGUAGES.map(async ([texts, locale, folder]) => {
      const open = (colorScheme: 'light' | 'dark', hash: string) =>
        signIn(browser, { colorScheme, hash, texts, locale })
      return {
        folder,
        overview: await open('light', '#/overview'),
        failing: await open('dark', '#/overview'),
        live: await open('dark', '#/live')
      }
    })
  )
  for (const pace of PACES) await publisher.pace(pace, PACE_MS)
  for (const { folder, overview } of pages) await shoot(overview, `${folder}/console-overview-light.png`)

  const meanwhile = publisher.pace(24, PACE_MS)
  await setTimeout(PACE_MS / 2)
  for (const { folder, live } of pages) {
    await live.getByRole('option').filter({ hasText: 'messages.upsert' }).first().click()
    await shoot(live, `${folder}/console-live-dark.png`)
  }
  await meanwhile

  for (const { folder, overview } of pages) {
    await overview.goto(`${url}/console/#/instances/sales`)
    await overview.getByText('sales_messages_upsert.fifo', { exact: true }).first().waitFor()
    await shoot(overview, `${folder}/console-instance-light.png`)
  }

  await sqs.stop()
  await publisher.pace(20, 2 * PACE_MS)
  for (const { folder, failing } of pages) {
    await failing.getByText('ECONNREFUSED').first().waitFor()
    await shoot(failing, `${folder}/console-faults-dark.png`)
  }
} finally {
  await browser.close()
  await server.close()
}

interface View {
  colorScheme: 'light' | 'dark'
  hash: string
  texts: Texts
  locale: string
}

/** Signs in to the console, and opens one of its pages. */
async function signIn(browser: Browser, { colorScheme, hash, texts, locale }: View): Promise<Page> {
  const page = await browser.newPage({ colorScheme, locale, viewport: SIZE })
  await page.goto(`${url}/console`)
  await page.getByLabel(texts.signIn.key).fill(KEY)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: texts.signOut }).waitFor()
  await page.goto(`${url}/console/${hash}`)
  return page
}

async function shoot(page: Page, path: string): Promise<void> {
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
