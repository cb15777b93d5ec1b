import { computed, signal } from '@preact/signals'
import { objectWith } from '../api/answers.ts'
import { ApiError, call } from '../api/call.ts'
import type { CatalogueEvent, Server } from '../api/types.ts'
import { toApiError } from './use-loaded.ts'

/** In sessionStorage: only for this tab, and deleted with it. */
const STORED_KEY = 'instance-events-console.key'

export interface Session {
  key: string
  server: Server
}

export const session = signal<Session | undefined>(undefined)
/** True if the stored key is being checked. */
export const restoring = signal(false)
/** True if the server has refused the key of the session. */
export const refused = signal(false)
/** The error that prevented the check of the stored key. */
export const restoreError = signal<ApiError | undefined>(undefined)

/** The instance of the key; `undefined` for the global key. */
export const ownInstance = computed(() => {
  const identity = session.value?.server.identity
  return identity?.instance
})

/** The events that an instance may have; `undefined`: all instances. */
export function eventsOf(instance: string | undefined): readonly CatalogueEvent[] {
  const { events = [], operator = null } = session.value?.server ?? {}
  return operator !== null && operator.instance === instance ? operator.events : events
}

export function currentKey(): string {
  return session.peek()?.key ?? ''
}

const SERVER = objectWith<Server>({ version: 'string', identity: 'object', events: 'list', limits: 'object' })
/** Characters that browsers and servers encode identically in headers. */
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/

/** Checks a key and begins a session. @throws {ApiError} 401 for a wrong key, `KEY_CHARACTERS` for characters that no key has */
export async function signIn(typed: string): Promise<void> {
  // Headers remove surrounding blanks, sockets do not.
  const key = typed.trim()
  if (!PRINTABLE_ASCII.test(key)) throw new ApiError(0, 'KEY_CHARACTERS', [])
  const server = await call({ key, path: 'server', check: SERVER })
  sessionStorage.setItem(STORED_KEY, key)
  refused.value = false
  restoreError.value = undefined
  session.value = { key, server }
}

export function signOut(): void {
  sessionStorage.removeItem(STORED_KEY)
  session.value = undefined
}

/** Begins a session with the stored key after a reload. The key stays stored if the server cannot be reached. */
export async function restore(): Promise<void> {
  const key = sessionStorage.getItem(STORED_KEY)
  if (key === null) return
  restoring.value = true
  restoreError.value = undefined
  try {
    await signIn(key)
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      signOut()
      refused.value = true
    } else restoreError.value = toApiError(error)
  } finally {
    restoring.value = false
  }
}

/** Ends the session if the server has refused its key. @param key the key of the request */
export function signOutIfRefused(error: unknown, key: string): void {
  if (!(error instanceof ApiError) || error.status !== 401 || key !== currentKey()) return
  signOut()
  refused.value = true
}
