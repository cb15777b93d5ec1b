import t from 'tap'
import { BodySignature } from '../../lib/hubs/body-signature.ts'
import type { HubSignature } from '../../lib/hubs/hub.ts'
import { waha } from '../../lib/hubs/waha.ts'

const hub = { title: waha.title, signature: waha.signature as HubSignature }
const BODY = Buffer.from('{"event":"message","session":"default","engine":"WEBJS"}')
const key = 'my-secret-key'
/** The example of WAHA's documentation: https://waha.devlike.pro/docs/how-to/events/#hmac-authentication */
const HMAC =
  '208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89'
const signed = { 'x-webhook-hmac': HMAC, 'x-webhook-hmac-algorithm': 'sha512' }

/** The message of the refusal, `undefined` if there is none. */
function refusal(headers: Record<string, string | string[]>, { body = BODY, secret = key } = {}): string | undefined {
  try {
    const signature = new BodySignature(hub, { key: secret, headers })
    signature.update(body.subarray(0, 10))
    signature.update(body.subarray(10))
    signature.verify()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

t.test("the example of WAHA's documentation is accepted", async (t) => {
  t.equal(refusal(signed), undefined)
  t.equal(refusal({ ...signed, 'x-webhook-hmac': HMAC.toUpperCase() }), undefined)
})

t.test('a body that is not signed with this secret is refused with the remedy', async (t) => {
  const wrong =
    'The signature does not match the body: hmac.key of the webhook in WAHA differs from the HMAC key of this server, or a proxy changed the body'
  const refusals = {
    'another body': refusal(signed, { body: Buffer.from('{}') }),
    'another secret': refusal(signed, { secret: 'my-secret-kez' }),
    'cut short': refusal({ ...signed, 'x-webhook-hmac': HMAC.slice(0, -2) }),
    'no digits': refusal({ ...signed, 'x-webhook-hmac': 'not hexadecimal' }),
    empty: refusal({ ...signed, 'x-webhook-hmac': '' }),
    unsigned: refusal({}),
    'no algorithm': refusal({ 'x-webhook-hmac': HMAC }),
    'another algorithm': refusal({ ...signed, 'x-webhook-hmac-algorithm': 'md5' })
  }
  t.strictSame(refusals, {
    'another body': wrong,
    'another secret': wrong,
    'cut short': wrong,
    'no digits': wrong,
    empty: wrong,
    unsigned:
      'The body is not signed: in WAHA, set hmac.key of the webhook to the HMAC key that this server has (header x-webhook-hmac is missing)',
    'no algorithm': 'The header x-webhook-hmac-algorithm must be sha512 (got none)',
    'another algorithm': 'The header x-webhook-hmac-algorithm must be sha512 (got "md5")'
  })
})
