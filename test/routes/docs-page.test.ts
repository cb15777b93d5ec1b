import t from 'tap'
import { findChromium, openBrowser } from '../support/browser.ts'
import { listen } from '../support/build.ts'

const executable = findChromium()

t.test(
  'the OpenAPI page works in a browser that holds it to its policy',
  { skip: !executable && 'no Chromium' },
  async (t) => {
    const { url } = await listen(t, { docs: true, sqs: false, websocket: false })
    const browser = await openBrowser(t, executable as string)
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
    for (const path of ['/docs', '/docs/']) {
      const reply = await page.goto(`${url}${path}`)
      t.match(
        reply?.headers()['content-security-policy'],
        /^default-src 'none'; script-src 'self'; style-src 'self' 'sha256-[^']+'; img-src /
      )
      const health = page.locator('#operations-operation-getHealth')
      await health.locator('.opblock-summary-control').click()
      await health.getByRole('button', { name: 'Try it out' }).click()
      await health.getByRole('button', { name: 'Execute' }).click()
      await health.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor()
      t.match(await health.locator('.live-responses-table').textContent(), /"status": "ok"/)
    }
    await page.goto(`${url}/docs/asyncapi`)
    t.same(complaints, [])
  }
)

t.test('all files of the documentation page have the same policy', async (t) => {
  const { app } = await listen(t, { docs: true, sqs: false, websocket: false })
  for (const path of [
    '/docs',
    '/docs/json',
    '/docs/yaml',
    '/docs/static/swagger-ui-bundle.js',
    '/docs/static/index.css'
  ]) {
    const { statusCode, headers } = await app.inject(path)
    t.match(
      { statusCode, ...headers },
      {
        statusCode: 200,
        'content-security-policy': /frame-ancestors 'none'$/,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer'
      },
      path
    )
  }
})
