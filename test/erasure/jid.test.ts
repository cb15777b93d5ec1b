import t from 'tap'
import { jidSearch } from '../../lib/erasure/jid.ts'

const JID = '5511999999999@s.whatsapp.net'

/** Returns the texts in which a JID is found, of those given. */
async function found(jid: string, texts: readonly string[]): Promise<string[]> {
  const search = jidSearch(jid)
  const results = await Promise.all(texts.map(search))
  return texts.filter((_, index) => results[index])
}

t.test('a JID is found wherever JSON names it', async (t) => {
  const texts = [
    `{"key":{"remoteJid":"${JID}"}}`,
    `{"participants":["1@g.us","${JID}"]}`,
    '{"participant":"5511999999999:12@s.whatsapp.net"}',
    '{"participant":"5511999999999_1:12@s.whatsapp.net"}',
    '{"from":"5511999999999@c.us"}',
    '{"id":"false_5511999999999@c.us_3EB0C767D26A"}',
    `{"presences":{"${JID}":{"lastKnownPresence":"available"}}}`,
    '{"number":"5511999999999"}',
    '{"phone":"+5511999999999"}',
    `{"text":"reply to\\n${JID}"}`,
    `{"text":"${JID}."}`,
    '{"jid":"5511999999999\\u0040s.whatsapp.net"}',
    '{"jid":"\\u0035511999999999@s.whatsapp.net"}',
    `{"raw":"{\\"jid\\":\\"${JID}\\"}"}`,
    '{"raw":"{\\"number\\":\\"5511999999999\\"}"}',
    `"sender":"${JID}"`
  ]
  t.strictSame(await found(JID, texts), texts)
  t.strictSame(await found('5511999999999:3@c.us', texts), texts, 'a device and the other server name the same account')
})

t.test('other accounts, longer numbers and names that only contain it are not found', async (t) => {
  const texts = [
    'null',
    '{"remoteJid":"55119999999990@s.whatsapp.net"}',
    '{"remoteJid":"15511999999999@s.whatsapp.net"}',
    '{"remoteJid":"5511999999999@g.us"}',
    '{"remoteJid":"5511999999999@lid"}',
    '{"remoteJid":"5511999999999@s.whatsapp.network"}',
    '{"remoteJid":"5511999999999@s.whatsapp.net.example"}',
    '{"remoteJid":"5511999999999-5511999999999@s.whatsapp.net-x"}',
    '{"remoteJid":"5511999999999@s-whatsapp-net"}',
    '{"number":"55119999999991"}',
    '{"text":"call 5511999999999"}',
    '{"number":5511999999999}',
    '{"text":"\\u0040"}'
  ]
  t.strictSame(await found(JID, texts), [])
})

t.test('groups and lists are found by their own server only, and no number stands for them', async (t) => {
  const texts = ['["1203630@g.us"]', '["1203630@s.whatsapp.net"]', '["12036301"]', '["1203630"]', '["1-1203630@g.us"]']
  t.strictSame(await found('1203630@g.us', texts), [texts[0]])
  const lids = ['["1203630@lid"]', '["1203630:7@lid"]', '["1203630"]']
  t.strictSame(await found('1203630@lid', lids), lids.slice(0, 2))
})

t.test('a short number alone is no phone number', async (t) => {
  const texts = ['{"status":"12"}', '{"from":"12@c.us"}']
  t.strictSame(await found('12@s.whatsapp.net', texts), [texts[1]])
})

t.test('in a long text a JID is found at any place, and a longer one nowhere', async (t) => {
  const escaped = [...JID].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  const at = (place: number, jid: string) => `["${'-'.repeat(place)} ${jid} ${'-'.repeat(600_000 - place)}"]`
  for (const near of [0, 262_144, 264_192, 524_288, 599_000])
    for (const place of [near - 100, near - 30, near - 3, near].filter((n) => n >= 0)) {
      for (const jid of [JID, escaped]) t.equal((await found(JID, [at(place, jid)])).length, 1, `${place}`)
      for (const jid of [`1${JID}`, `\\u0031${JID}`, `${JID}x`])
        t.strictSame(await found(JID, [at(place, jid)]), [], `${place}`)
    }
})
