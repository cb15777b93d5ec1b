/** A client of Engine.IO's long polling that polls when the test says so: none of its library's would hold still. */
export interface Polling {
  /** The session's id. */
  sid: string
  /** Sends a packet of Socket.IO. */
  send(packet: string): Promise<void>
  /** One poll. @returns the packets of Engine.IO that it brought; `undefined`: the session is over */
  poll(): Promise<string[] | undefined>
}

/** Opens a session and enters a namespace with this `auth`; its connect packet has not been polled yet. */
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
