import t from 'tap'
import { openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'
import { executable, openConsole, skip } from '../support/console.ts'

const TOKEN = 'token-of-sales'

t.test('the console with the token of an instance', { skip }, async (t) => {
  const browser = await openBrowser(t, executable as string)
  const { app, url } = await listen(t, { sqs: false, websocket: { globalEvents: true }, prefix: '/events-hub' })
  await app.eventLog.instances.create({ name: 'sales', token: TOKEN })
  await app.eventLog.instances.create({ name: 'rival', token: 'token-of-rival' })
  await app.websocket.set('sales', { enabled: true })
  for (const instance of ['rival', 'sales'])
    await app.onInstanceEvent({ instance, event: 'call', data: `of ${instance}` })
  // With a prefix, requests of the console have the same prefix.
  const console = await openConsole(t, browser, `${url}/events-hub`)
  const { page, t: texts, faults, go } = console
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await console.signIn(TOKEN)

  t.test('only the pages of the instance are shown', async (t) => {
    await page.getByRole('heading', { level: 1, name: 'sales' }).waitFor()
    t.same(await page.getByRole('navigation').getByRole('link').allInnerTexts(), [
      texts.ownInstance,
      texts.pages.live,
      texts.pages.history,
      texts.pages.send
    ])
    t.equal(await page.getByRole('button', { name: texts.danger.delete }).count(), 0)
    for (const hash of ['#/overview', '#/instances', '#/instances/rival', '#/dead-letters']) {
      await go(hash)
      await page.getByRole('heading', { level: 1, name: 'sales' }).waitFor()
    }
  })

  t.test('history, live events and sending are those of the instance', async (t) => {
    for (const hash of ['#/history', '#/history/rival']) {
      await go(hash)
      const list = page.getByRole('listbox', { name: texts.history.list })
      await list.getByText('"of sales"').waitFor()
      t.equal(await list.getByRole('option').count(), 1)
    }
    await go('#/live/rival')
    await page.getByRole('status').getByText(texts.live.states.live, { exact: true }).waitFor()
    for (const instance of ['rival', 'sales'])
      await app.onInstanceEvent({ instance, event: 'call', data: `now of ${instance}` })
    const list = page.getByRole('listbox', { name: texts.live.list })
    await list.getByText('"now of sales"').waitFor()
    t.equal(await list.getByRole('option').count(), 1)

    await go('#/send')
    await page.getByRole('button', { name: texts.send.submit }).click()
    await page.getByText(/^Accepted as /).waitFor()
    const [last] = await app.eventLog.store.log.read({ after: 0, limit: 10 }).then((events) => events.slice(-1))
    t.match(last, { event: 'messages.upsert' })
  })

  t.test('the console calls only routes that the token authorizes, and the token is in no URL', async (t) => {
    t.notMatch(asked.join('\n'), /overview|deadletters|rival$/m)
    t.notMatch([page.url(), ...asked].join('\n'), TOKEN)
    t.equal(await page.evaluate('Object.values({ ...sessionStorage }).join()'), TOKEN)
    t.notMatch(await page.evaluate<string>('JSON.stringify({ ...localStorage })'), TOKEN)
    await page.getByRole('button', { name: texts.signOut }).click()
    await page.getByLabel(texts.signIn.key).waitFor()
    t.equal(await page.evaluate('sessionStorage.length'), 0)
    t.same(faults, [])
  })
})
