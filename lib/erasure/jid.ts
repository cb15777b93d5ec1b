import { setImmediate } from 'node:timers/promises'
import { unescaped } from '../json/unescaped.ts'

/** A JID: an account, group or list of WhatsApp. A device of an account is as its account. */
const JID = /^[0-9A-Za-z._-]{1,64}(:[0-9]{1,5})?@[0-9A-Za-z.-]{1,64}$/

/** The servers of accounts with a phone number: WhatsApp's, and what WAHA writes for it. */
const ACCOUNTS = ['s.whatsapp.net', 'c.us']
/** A phone number with its country code. Shorter numbers may be anything. */
const PHONE_NUMBER = /^[0-9]{7,15}$/
/** Characters that are searched in one turn of the event loop. */
const SLICE = 262_144
/** Characters that a slice has in common with the next one: more than a JID can have, with each character escaped. */
const OVERLAP = 2_048
/** Stands for what is before or behind a slice: a JID next to it is found in the other slice. */
const CUT = 'x'

export function isJid(text: string): boolean {
  return JID.test(text)
}

/** Returns true if JSON text, or a part of it without braces, names the account or group. */
export type JidSearch = (json: string) => Promise<boolean>

/**
 * Returns a search for a JID: as a value, as a part of one (WAHA's message ids), or as the name of a member (`presences`). That
 * of an account is also found with a device (`5511999999999:12@s.whatsapp.net`), with either server, and as a text that
 * is just its number.
 */
export function jidSearch(jid: string): JidSearch {
  const [account = '', server = ''] = jid.split('@')
  const user = account.replace(/:.*/, '')
  const servers = ACCOUNTS.includes(server) ? ACCOUNTS : [server]
  const isNumber = servers === ACCOUNTS && PHONE_NUMBER.test(user)
  const [name, hosts] = [escaped(user), servers.map(escaped).join('|')]
  const address = `(?<![0-9A-Za-z.-])${name}(_[0-9]+)?(:[0-9]+)?@(${hosts})(?![0-9A-Za-z-]|\\.[0-9A-Za-z])`
  const pattern = new RegExp(isNumber ? `${address}|"\\+?${name}"` : address)
  return async (json) => {
    if (!json.includes(user) && !json.includes('\\u')) return false
    for (let at = 0; at < json.length; at += SLICE) {
      if (at > 0) await setImmediate()
      const end = at + SLICE + OVERLAP
      const slice = json.slice(at, end)
      if (pattern.test(unescaped(`${at > 0 ? CUT : ''}${slice}${end < json.length ? CUT : ''}`))) return true
    }
    return false
  }
}

function escaped(text: string): string {
  return text.replace(/[.-]/g, '\\$&')
}
