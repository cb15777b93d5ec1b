import t from 'tap'
import { connectInstance } from '../../lib/client/connect-instance.ts'
import { openBrowser } from '../support/browser.ts'
import { API_KEY, listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { newEvent } from '../support/new-event.ts'
import { startSqs } from '../support/sqs.ts'

t.test('the pages of instances', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const sqs = await startSqs(t)
  sqs.server.createQueue('sales_labels_edit.fifo', { attributes: { FifoQueue: 'true', DeduplicationScope: 'queue' } })
  const { app, url } = await listen(t, {
    sqs: { ...sqs.options, global: { prefix: 'all', events: ['CALL', 'LABELS_EDIT'] } },
    eventLog: { events: { hubs: ['evolution', 'waha'] } }
  })

  async function open(hash: string) {
    const console = await openConsole(t, browser, url, { hash, permissions: ['clipboard-read', 'clipboard-write'] })
    await console.signIn()
    return { ...console, copied: () => console.page.evaluate<string>('navigator.clipboard.readText()') }
  }

  t.test('instances are created, their token is shown once, and a search finds them', async (t) => {
    const { page, t: texts, copied, faults } = await open('#/instances')
    await page.getByText(texts.instances.empty).waitFor()
    for (const name of ['sales', 'support']) {
      await page.getByRole('button', { name: texts.instances.create }).first().click()
      await page.getByRole('dialog').getByLabel(texts.create.name).fill(name)
      await page.getByRole('button', { name: texts.create.submit, exact: true }).click()
      await page.getByRole('button', { name: `${texts.copy}: ${texts.token.name}` }).click()
      await page.getByText(texts.copied).waitFor()
      const reply = await app.inject({ url: '/server', headers: { apikey: await copied() } })
      t.match(
        reply.json(),
        { identity: { kind: 'instance', instance: name } },
        'the copied token is that of the instance'
      )
      await page.getByRole('button', { name: texts.close }).click()
    }
    t.notMatch(await page.content(), await copied())

    t.match(await page.getByRole('row').filter({ hasText: 'sales' }).innerText(), texts.instances.shared)
    await page.getByLabel(texts.instances.search).fill('SUPP')
    await page.getByText(texts.range('1', '1', '1')).waitFor()
    t.equal(await page.getByRole('link', { name: 'sales', exact: true }).count(), 0)
    await page.getByLabel(texts.instances.search).fill('nobody')
    await page.getByText(texts.instances.notFound('nobody')).waitFor()

    await page.getByRole('button', { name: texts.instances.create }).click()
    await page.getByRole('dialog').getByLabel(texts.create.name).fill('sales')
    await page.getByRole('button', { name: texts.create.submit, exact: true }).click()
    await page.getByRole('alert').filter({ hasText: texts.errors.IEV_INSTANCE_EXISTS }).waitFor()
    t.same(faults, [])
  })

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(`before an instance is deleted, what SQS does not have is shown (${locale})`, async (t) => {
      const { app, url } = await listen(t, { sqs: false })
      const { store } = app.eventLog
      const results = await store.log.append(
        Array.from({ length: 643 }, () => newEvent({ instance: 'vendas', queues: ['q', 'r'] }))
      )
      const { key: instanceKey } = app.eventLog.instances.require('vendas')
      for (const { offset } of results.slice(0, 12))
        await store.deliveries.bury({ queue: 'q', instanceKey, offset }, { reason: 'X', message: 'no', attempts: 1 })
      const { page, signIn } = await openConsole(t, browser, url, { locale, hash: '#/instances/vendas' })
      await signIn()
      await page.getByRole('button', { name: texts.danger.delete }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('link', { name: texts.danger.showDeadLetters }).waitFor()
      const facts = await dialog.getByRole('definition').allInnerTexts()
      t.match(facts, [locale === 'en' ? '1,274' : '1.274', /^12 /])
    })
  }

  t.test('events are selected for each transport, and the queues are shown', async (t) => {
    const { page, t: texts, copied } = await open('#/instances/sales')
    const card = (title: string) => page.getByRole('region', { name: title, exact: true })
    const queues = card(texts.transports.sqs.title)
    await queues.getByText(texts.transports.sqs.global('all', '2')).waitFor()
    await queues.getByText(texts.transports.sqs.twice).waitFor()
    await queues.getByRole('switch').check()
    await queues.getByRole('group', { name: 'WAHA' }).getByText('waha.message.any').waitFor()
    await queues.getByRole('button', { name: texts.none }).click()
    await queues.getByText(texts.transports.nothingSelected).waitFor()
    t.ok(await queues.getByRole('button', { name: texts.save }).isDisabled())
    await queues.getByRole('searchbox').fill('labels')
    t.equal(await queues.getByRole('group', { name: 'WAHA' }).count(), 0, 'none of its events is found')
    await queues.getByRole('button', { name: texts.all, exact: true }).click()
    await queues.getByRole('button', { name: texts.save }).click()
    await queues.getByText(texts.transports.saved).waitFor()
    await queues.getByRole('button', { name: `${texts.copy}: sales_labels_edit.fifo` }).click()
    t.equal(await copied(), 'sales_labels_edit.fifo')
    t.match(
      await queues.innerText(),
      new RegExp(`http://.*:${sqs.server.port}/000000000000/sales_labels_association.fifo`)
    )
    t.match(await queues.innerText(), texts.queues.other('DeduplicationScope', 'queue', 'messageGroup'))
    t.match(await queues.innerText(), `${texts.queues.alsoSentTo} all_labels_edit.fifo`)
    t.same(app.sqs.find('sales')?.events, ['LABELS_EDIT', 'LABELS_ASSOCIATION'])

    const sockets = card(texts.transports.websocket.title)
    await sockets.getByRole('switch').check()
    await sockets.getByRole('button', { name: texts.save }).click()
    await sockets.getByText(texts.transports.saved).waitFor()
    t.notMatch(app.websocket.find('sales')?.events, ['CREDS_UPDATE'], 'all events do not include secrets')
    await sockets.getByRole('button', { name: `${texts.copy}: ${texts.connect.title}` }).click()
    const target = /connectInstance\("([^"]+)"/.exec(await copied())?.[1] ?? ''
    const heard = new Promise<string>((resolve) => {
      const connection = connectInstance(target, {
        apikey: API_KEY,
        onResumed: () => void app.onInstanceEvent({ instance: 'sales', event: 'call', data: 1 }),
        onEvent: ({ event }) => {
          connection.close()
          resolve(event)
        }
      })
    })
    t.equal(await heard, 'call', 'the URL of the snippet works')
    for (const [client, code] of [
      ['stream', `curl -sSN --fail-with-body '${url}/events/sales/stream'`],
      ['polling', `new URL("${url}/events/sales")`]
    ] as const) {
      await sockets.getByRole('radio', { name: texts.connect[client] }).check()
      await sockets.getByText(code).waitFor()
    }

    await sockets.getByRole('switch').uncheck()
    await sockets.getByText(texts.transports.unsaved).waitFor()
    await sockets.getByRole('button', { name: texts.save }).click()
    await sockets.getByText(texts.transports.saved).waitFor()
    t.equal(app.websocket.find('sales')?.enabled, false)
  })

  t.test('a token is replaced, and an instance is deleted after its name was typed', async (t) => {
    const { page, t: texts, copied } = await open('#/instances/sales')
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: texts.danger.token }).click()
    await dialog.getByRole('button', { name: texts.danger.token }).click()
    await dialog.getByRole('button', { name: `${texts.copy}: ${texts.token.name}` }).click()
    await dialog.getByText(texts.copied).waitFor()
    const reply = await app.inject({ url: '/server', headers: { apikey: await copied() } })
    t.match(reply.json(), { identity: { instance: 'sales' } })
    await dialog.getByRole('button', { name: texts.close }).click()

    const old = await copied()
    await page.getByRole('button', { name: texts.danger.token }).click()
    await dialog.getByRole('combobox', { name: texts.danger.oldToken }).selectOption('86400')
    await dialog.getByRole('button', { name: texts.danger.token }).click()
    await dialog.getByText(texts.danger.oldValidUntil('').slice(0, -2)).waitFor()
    t.equal(app.eventLog.instances.findByToken(old)?.name, 'sales')
    t.ok((app.eventLog.instances.get('sales')?.formerToken?.until.getTime() ?? 0) > Date.now() + 86_000_000)
    await dialog.getByRole('button', { name: texts.close }).click()

    await page.getByRole('button', { name: texts.danger.delete }).click()
    const confirm = dialog.getByRole('button', { name: texts.danger.delete })
    t.ok(await confirm.isDisabled())
    await page.keyboard.press('Escape')
    t.ok(app.eventLog.instances.get('sales'), 'Escape changes nothing')
    await page.getByRole('button', { name: texts.danger.delete }).click()
    await dialog.getByRole('textbox').fill('sales')
    await confirm.click()
    await page.getByRole('heading', { level: 1, name: texts.pages.instances }).waitFor()
    await page.getByRole('link', { name: 'support', exact: true }).waitFor()
    t.equal(app.eventLog.instances.get('sales'), undefined)
    t.equal(await page.getByRole('link', { name: 'sales', exact: true }).count(), 0)
  })

  t.test('an instance that was deleted elsewhere is reported, also before an event is sent', async (t) => {
    await app.eventLog.instances.create({ name: 'brief', token: 'token-of-brief' })
    const { page, go, t: texts } = await open('#/instances/brief')
    const gone = page.getByRole('alert').filter({ hasText: texts.errors.IEV_INSTANCE_NOT_FOUND })
    await page.getByRole('button', { name: texts.danger.delete }).waitFor()
    await app.inject({ method: 'DELETE', url: '/instance/delete/brief', headers: { apikey: API_KEY } })
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await gone.waitFor()
    t.equal(await page.getByRole('switch').count(), 0, 'nothing of it can be changed')
    t.equal(await page.getByRole('button', { name: texts.tryAgain }).count(), 0)
    await page.getByRole('button', { name: texts.instances.create }).click()
    const dialog = page.getByRole('dialog')
    t.equal(await dialog.getByLabel(texts.create.name).inputValue(), 'brief')
    await dialog.getByRole('button', { name: texts.create.submit, exact: true }).click()
    await dialog.getByRole('link', { name: texts.create.next }).click()
    await page.getByRole('button', { name: texts.danger.delete }).waitFor()
    await app.inject({ method: 'DELETE', url: '/instance/delete/brief', headers: { apikey: API_KEY } })

    await go('#/send/brief')
    await page.getByText(texts.send.unknown('brief')).waitFor()
    await page.getByRole('button', { name: texts.send.submit }).click()
    await page.getByText(/^Accepted as /).waitFor()
    await page.getByText(texts.send.unknown('brief')).waitFor({ state: 'detached' })
    t.ok(app.eventLog.instances.get('brief'), 'sending has registered the instance')
  })
})
