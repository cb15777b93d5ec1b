import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { ptBr } from '../../console/texts/pt-br.ts'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, listen } from '../support/build.ts'
import { executable, openConsole, skip } from '../support/console.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startSqs } from '../support/sqs.ts'
import { until } from '../support/until.ts'

/** English words that are not Portuguese ones, nor terms that the page keeps. */
const ENGLISH =
  /\b(the|is|are|was|not|must|does|did|with|of|and|this|that|has|have|could|cannot|already|known|unexpected|permission|failed|choose)\b/i

/** Sentences of the page that are English, apart from code and from what is shown on demand. */
async function englishOf(page: Page): Promise<string[]> {
  const lines = await page.evaluate<string[]>(`(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const lines = []
    while (walker.nextNode()) {
      const { parentElement, data } = walker.currentNode
      if (!parentElement.closest('code, pre, script, textarea, option') && parentElement.checkVisibility()) lines.push(data)
    }
    return lines
  })()`)
  return lines.filter((line) => ENGLISH.test(line))
}

t.test('a Portuguese page has no English sentence, whatever is refused', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)

  async function open(t: Test, url: string, hash: string, key = API_KEY) {
    const console = await openConsole(t, browser, url, { locale: 'pt-BR', hash })
    await console.signIn(key)
    const alert = (text: string) => console.page.getByRole('alert').filter({ hasText: text }).first()
    return { ...console, alert }
  }

  t.test('refused filters, paths, names, tokens and JSON', async (t) => {
    const { app, url } = await listen(t, { sqs: false })
    await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
    await app.websocket.set('sales', { enabled: true })
    const { page, go, alert } = await open(t, url, '#/instances/sales')
    const part = page.getByRole('region', { name: ptBr.transports.websocket.title })
    const filter = part.getByLabel(ptBr.filters.filter)
    const save = part.getByRole('button', { name: ptBr.save })
    await filter.fill('{"key":\n {"fromMe":x}}')
    await part.getByText(ptBr.send.notJson('2', '12')).waitFor()
    t.same(await englishOf(page), [])
    await filter.fill('{"key":{"fromMe":false}}')
    await save.click()
    await alert('filter.key.fromMe precisa ser uma lista de condições').waitFor()
    t.same(await englishOf(page), [])
    await filter.fill('')
    await part.getByLabel(ptBr.filters.omit).fill('message.base64')
    await save.click()
    await alert('omit[0] precisa ser o caminho').waitFor()
    t.same(await englishOf(page), [])

    // An event that the server no longer knows.
    await page.route('**/websocket/set/sales', (route) =>
      route.continue({ postData: JSON.stringify({ websocket: { enabled: true, events: ['CAL'] } }) })
    )
    await part.getByLabel(ptBr.filters.omit).fill('')
    await part.getByRole('switch').uncheck()
    await save.click()
    await alert('"CAL" não é um evento conhecido; os mais parecidos são CALL').waitFor()
    t.same(await englishOf(page), [])

    await go('#/instances')
    for (const [name, token, text] of [
      ['sales', '', 'O nome "sales" já está em uso.'],
      ['other', 'tokên', 'token precisa ter a forma'],
      ['other', 'token-of-sales', ptBr.errors.IEV_TOKEN_TAKEN]
    ] as const) {
      await page.getByRole('button', { name: ptBr.instances.create }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel(ptBr.create.name).fill(name)
      await dialog.getByLabel(ptBr.create.token).fill(token)
      await dialog.getByRole('button', { name: ptBr.create.submit }).click()
      await alert(text).waitFor()
      t.same(await englishOf(page), [], text)
      await dialog.getByRole('button', { name: ptBr.cancel }).click()
    }
  })

  t.test('an original text is shown on demand, with its language', async (t) => {
    const { url } = await listen(t, { sqs: false })
    const { page, go, alert } = await open(t, url, '#/overview')
    const body = JSON.stringify({ code: 'TEAPOT', response: { message: ['The kettle is not a teapot'] } })
    await page.route(/fetchInstances/, (route) => route.fulfill({ status: 418, body }))
    await go('#/instances')
    await alert('TEAPOT').waitFor()
    t.same(await englishOf(page), [])
    await page.getByText(ptBr.originalText).click()
    t.equal(
      await page.getByText('The kettle is not a teapot').locator('xpath=ancestor::*[@lang][1]').getAttribute('lang'),
      'en'
    )
  })

  t.test('faults, rejected requests, dead letters and refused connections', async (t) => {
    const sqs = await startSqs(t)
    const proxy = await startFaultProxy(t, sqs.options.endpoint)
    const { app, url } = await listen(t, {
      sqs: { ...sqs.options, endpoint: proxy.endpoint, maxAttempts: 1, global: { events: ['CALL'] } }
    })
    await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
    proxy.decide = ({ action }) =>
      action === 'SendMessageBatch' ? { status: 403, code: 'AccessDenied', message: 'no permission' } : undefined
    await app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 })
    const count = async () => (await app.eventLog.store.deadLetters.count()).count
    await until(async () => (await count()) === 1)
    await app.inject({ method: 'POST', url: '/events/sales', headers: { apikey: 'mistyped' }, payload: {} })
    const { page, go, alert } = await open(t, url, '#/overview')
    await page.locator('.rejections').getByText(ptBr.errors.IEV_UNAUTHORIZED).waitFor()
    t.same(await englishOf(page), [])

    await go('#/dead-letters')
    await page.locator('.letter').waitFor()
    t.same(await englishOf(page), [])

    const fault = {
      component: 'sqs',
      code: 'ECONNREFUSED',
      message: 'The connection is refused',
      queue: 'a',
      queues: 1
    }
    const full = {
      component: 'eventLog',
      code: 'IEV_BACKPRESSURE',
      message: 'The limit of deliveries is reached',
      params: [
        { code: 'recentlyRefused', values: [1_234] },
        { code: 'diskFull', values: [] }
      ]
    }
    await page.route('**/overview', async (route) => {
      const reply = await route.fetch()
      await route.fulfill({ json: { ...((await reply.json()) as object), faults: [fault, full] } })
    })
    const said = 'Eventos recusados há pouco: 1.234. O disco do log de eventos está cheio: libere espaço.'
    await alert(`${ptBr.errors.IEV_BACKPRESSURE} ${said}`).waitFor()
    await alert('ECONNREFUSED').waitFor()
    t.same(await englishOf(page), [])
    await page.unroute('**/overview')

    await page.route('**/overview', (route) => route.abort())
    await alert(ptBr.faults.unreachable).waitFor()
    t.same(await englishOf(page), [])

    await go('#/live/gone')
    await alert(ptBr.live.notEnabled('gone')).waitFor()
    t.same(await englishOf(page), [])
  })
})
