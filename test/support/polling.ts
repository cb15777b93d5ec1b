/** A client of Engine.IO's long polling that polls only when the test calls `poll`. */
export interface Polling {
  /** The session's id. */
  sid: string
  /** Sends a packet of Socket.IO. */
  send(packet: string): Promise<void>
  /** Polls once. @returns the packets of Engine.IO, or `undefined` if the session has ended */
  poll(): Promise<string[] | undefined>
}

/** Opens a session and connects to a namespace with this `auth`; the reply to that is still to be polled. */
export async function pollingClient(url: string, namespace: string, auth: object): Promise<Polling> {
  const endpoint = `${url}/socket.io/?EIO=4&transport=polling`
  const { sid } = JSON.parse((await (await fetch(endpoint)).text()).slice(1)) as { sid: string }
  const session = `${endpoint}&sid=${sid}`
  const send = async (packet: string) => {
    await (
      await fetch(session, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: `4${packet}` })
    ).text()
  }
  await send(`0${namespace === '/' ? '' : `${namespace},`}${JSON.stringify(auth)}`)
  return {
    sid,
    send,
    poll: async () => {
      const reply = await fetch(session)
      const body = await reply.text()
      return reply.ok ? body.split('\u001e') : undefined
    }
  }
}
