import { computed, signal } from '@preact/signals'
import { objectWith } from '../api/answers.ts'
import { ApiError, call } from '../api/call.ts'
import type { Server } from '../api/types.ts'
import { toApiError } from './use-loaded.ts'

/** This tab's alone, and gone with it. */
const STORED_KEY = 'instance-events-console.key'

export interface Session {
  key: string
  server: Server
}

export const session = signal<Session | undefined>(undefined)
/** Whether the key that this tab kept is being checked. */
export const restoring = signal(false)
/** Whether the server ended the session: the key opens nothing any more. */
export const refused = signal(false)
/** Why the key that this tab kept could not be checked. */
export const restoreError = signal<ApiError | undefined>(undefined)

/** The one instance that the key opens; `undefined`: all. */
export const ownInstance = computed(() => {
  const identity = session.value?.server.identity
  return identity?.instance
})

export function currentKey(): string {
  return session.peek()?.key ?? ''
}

const SERVER = objectWith<Server>({ version: 'string', identity: 'object', events: 'list' })
/** What headers carry, and both of a browser and a server read alike. */
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/

/** @throws {ApiError} 401: a wrong key; `KEY_CHARACTERS`: it cannot be one */
export async function signIn(typed: string): Promise<void> {
  // Headers drop what is around it, sockets do not.
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

/** After a reload of the page. A server that is not reached may be soon: the key stays, for the next try. */
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

/** A key that was replaced while it was in use. `key`: the one that the request carried. */
export function signOutIfRefused(error: unknown, key: string): void {
  if (!(error instanceof ApiError) || error.status !== 401 || key !== currentKey()) return
  signOut()
  refused.value = true
}
