import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, LANGUAGES, openConsole, skip } from '../support/console.ts'
import { startSqs } from '../support/sqs.ts'

t.test('the page of an instance draws where its events go, and follows one of them', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const sqs = await startSqs(t)
  const global = { events: ['MESSAGES_UPSERT', 'CALL'], unlessOwn: true }
  const { app, url } = await listen(t, { sqs: { ...sqs.options, global }, websocket: { globalEvents: true } })
  await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  const filter = { MESSAGES_UPSERT: { key: { fromMe: [false] } } }
  await app.sqs.set('sales', { enabled: true, events: ['MESSAGES_UPSERT'], filter })
  await app.websocket.set('sales', { enabled: true, events: ['CALL'], omit: ['data.base64'] })
  await app.eventLog.instances.create({ name: 'quiet', token: 'token-of-quiet' })
  await app.sqs.set('São Paulo', { enabled: true, events: ['CALL'] })
  await app.websocket.set('São Paulo', { enabled: true, events: ['CALL'] })

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(locale, async (t) => {
      const { page, faults, signIn, go } = await openConsole(t, browser, url, { locale, hash: '#/instances/sales' })
      await signIn()
      const drawing = page.getByRole('region', { name: texts.flow.title })
      const ways = () => drawing.getByRole('listitem').allInnerTexts()
      await drawing.waitFor()
      const { kinds, events, filtered, reduced, unlessOwn, notHere } = texts.flow
      const spaced = (lines: string[]) => lines.map((line) => line.replaceAll(/\s+/g, ' '))
      t.same(spaced(await ways()), [
        `${kinds.own} sales_<event>.fifo ${events('1')} · ${filtered}`,
        `${kinds.shared} global_<event>.fifo ${events('2')} · ${unlessOwn}`,
        `${kinds.namespace} /sales ${events('1')} · ${reduced}`,
        `${kinds.root} /`,
        `${kinds.log} /events/sales`
      ])
      await drawing.getByLabel(texts.flow.follow).selectOption('messages.upsert')
      t.same(spaced(await ways()), [
        `${kinds.own} sales_messages_upsert.fifo ${filtered}`,
        `${kinds.shared} global_messages_upsert.fifo ${notHere} · ${unlessOwn}`,
        `${kinds.namespace} /sales ${notHere} · ${reduced}`,
        `${kinds.root} /`,
        `${kinds.log} /events/sales`
      ])
      await go('#/instances/quiet')
      await page.getByRole('heading', { level: 1, name: 'quiet' }).waitFor()
      await page.getByRole('listitem').filter({ hasText: '/events/quiet' }).waitFor()
      t.equal((await ways()).length, 3, 'shared queues, sockets of all instances and the log')

      await go('#/instances/S%C3%A3o%20Paulo')
      await page.getByRole('heading', { level: 1, name: 'São Paulo' }).waitFor()
      await page.getByRole('listitem').filter({ hasText: '/events/S%C3%A3o' }).waitFor()
      const [own, , namespace] = spaced(await ways())
      t.equal(own, `${kinds.own} Sao-Paulo-…_<event>.fifo ${events('1')}`, 'as SQS has the name')
      t.equal(namespace, `${kinds.namespace} /S%C3%A3o%20Paulo ${events('1')}`, 'as clients write the namespace')
      t.same(faults, [])
    })
  }
})

t.test('presets and groups select events together', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const { app, url } = await listen(t, { sqs: false })
  await app.eventLog.instances.create({ name: 'sales', token: 'token-of-sales' })
  await app.websocket.set('sales', { enabled: true, events: ['CALL'] })

  for (const [locale, texts] of Object.entries(LANGUAGES)) {
    t.test(locale, async (t) => {
      const { page, signIn } = await openConsole(t, browser, url, { locale, hash: '#/instances/sales' })
      await signIn()
      await page.getByRole('button', { name: texts.eventPresets.messages, exact: true }).click()
      const selected = async () => {
        const boxes = await page.locator('.checks input:checked').all()
        return Promise.all(boxes.map((box) => box.locator('xpath=..').innerText()))
      }
      t.same(await selected(), ['messages.upsert', 'send.message'])
      const groups = page.getByRole('group', { name: texts.families.groups, exact: true })
      await groups.getByRole('checkbox', { name: texts.families.groups, exact: true }).check()
      t.same(await selected(), [
        'messages.upsert',
        'send.message',
        'groups.upsert',
        'groups.update',
        'group-participants.update'
      ])
      const partly = page.locator('label:has(input:indeterminate)')
      t.same(await partly.allInnerTexts(), [texts.families.messages], 'some of its events')
      await groups.getByRole('checkbox', { name: texts.families.groups, exact: true }).uncheck()
      t.same(await selected(), ['messages.upsert', 'send.message'])
    })
  }
})
