import { computed, signal } from '@preact/signals'
import { ApiError, call } from '../api/call.ts'
import type { Server } from '../api/types.ts'

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

/** The one instance that the key opens; `undefined`: all. */
export const ownInstance = computed(() => {
  const identity = session.value?.server.identity
  return identity?.instance
})

export function currentKey(): string {
  return session.peek()?.key ?? ''
}

/** @throws {ApiError} 401: a wrong key */
export async function signIn(key: string): Promise<void> {
  const server = await call<Server>({ key, path: 'server' })
  sessionStorage.setItem(STORED_KEY, key)
  refused.value = false
  session.value = { key, server }
}

export function signOut(): void {
  sessionStorage.removeItem(STORED_KEY)
  session.value = undefined
}

/** After a reload of the page. A server that is not reached may be soon: the key stays, for the next reload. */
export async function restore(): Promise<void> {
  const key = sessionStorage.getItem(STORED_KEY)
  if (key === null) return
  restoring.value = true
  try {
    await signIn(key)
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      signOut()
      refused.value = true
    }
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
