// Sets the webhook of an Evolution API instance to this server, which then delivers its events to SQS and sockets.
//
//   EVOLUTION_URL=http://localhost:8081 EVOLUTION_API_KEY=<its key> API_KEY=<global key of this server> \
//   INSTANCE=sales node examples/forward-evolution-webhook.mjs
const {
  EVOLUTION_URL = 'http://localhost:8081',
  EVOLUTION_API_KEY = '',
  URL: HUB_URL = 'http://localhost:8080',
  API_KEY = '',
  INSTANCE = 'sales'
} = process.env

const reply = await fetch(`${EVOLUTION_URL}/webhook/set/${encodeURIComponent(INSTANCE)}`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', apikey: EVOLUTION_API_KEY },
  body: JSON.stringify({
    webhook: {
      enabled: true,
      url: `${HUB_URL}/webhook/evolution`,
      // Evolution sends these headers with every webhook. If you cannot set them, append ?apikey=… to the URL.
      headers: { apikey: API_KEY },
      byEvents: false,
      // true would put media into the events: those larger than 1 MiB then need S3_BUCKET.
      base64: false,
      // All events that a queue or socket needs. /sqs/set and /websocket/set select where each goes.
      events: ['CONNECTION_UPDATE', 'MESSAGES_UPSERT', 'MESSAGES_UPDATE', 'SEND_MESSAGE', 'CALL']
    }
  })
})
console.log(reply.ok ? `${INSTANCE} now sends its events to ${HUB_URL}` : `${reply.status} ${await reply.text()}`)
process.exitCode = reply.ok ? 0 : 1
