import { apiBase } from '../api/address.ts'
import { asArgument, asString } from './quoting.ts'
import type { SocketTarget } from './sockets.ts'

/** Shell commands that follow the events of the sockets by Server-Sent Events. The offset is in a file, so that they resume. */
export function streamSnippet({ page, instance }: SocketTarget): string {
  return `touch last-offset # empty: only new events
while :; do
  curl -sSN --fail-with-body ${asArgument(`${eventsUrl(page, instance)}/stream`)} \\
    -H "apikey: $API_KEY" -H "Last-Event-ID: $(cat last-offset)" |
    while IFS= read -r line; do
      case $line in
        id:*) id=\${line#id: } ;;
        data:*) printf '%s\\n' "\${line#data: }" && echo "$id" > next-offset && mv next-offset last-offset ;;
        {*) echo "$line" >&2 ;;
      esac
    done
  sleep 3
done
`
}

/** Code that receives the events of the sockets by long polling. */
export function pollingSnippet({ page, instance }: SocketTarget): string {
  return `const url = new URL(${asString(eventsUrl(page, instance))})
url.searchParams.set('wait', '25')
url.searchParams.set('after', '0') // or the offset that you have stored
for (;;) {
  const reply = await fetch(url, { headers: { apikey: process.env.API_KEY } })
  if (!reply.ok) throw new Error(await reply.text())
  const { events, after, log, complete } = await reply.json()
  if (!complete) console.error('Events are missing')
  for (const message of events) console.log(message.offset, message.event, message.data)
  url.searchParams.set('after', after)
  url.searchParams.set('log', log)
}
`
}

function eventsUrl(page: string, instance: string): string {
  return new URL(`events/${encodeURIComponent(instance)}`, apiBase(page)).href
}
