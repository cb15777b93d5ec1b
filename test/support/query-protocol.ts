import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Message } from '@aws-sdk/client-sqs'
import type { Test } from 'tap'

/** Parameters that are numbers in the JSON protocol. */
const NUMBERS = new Set(['MaxNumberOfMessages', 'VisibilityTimeout', 'WaitTimeSeconds'])

/**
 * An endpoint in front of an emulator of SQS that speaks the JSON protocol only. It translates the older query protocol, which is
 * what boto3 before 2024 speaks, and passes on the JSON protocol as it is. Closed after the test. @returns its URL
 */
export async function startQueryProtocol(t: Test, emulator: string): Promise<string> {
  // The emulator may close while a long poll waits.
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
  server.listen(0, '127.0.0.1')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request)
    const target = request.headers['x-amz-target']
    if (target !== undefined) {
      const reply = await ask(String(target), body)
      response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' }).end(await reply.text())
      return
    }
    const { action, parameters } = fromQuery(body)
    const reply = await ask(`AmazonSQS.${action}`, JSON.stringify(parameters))
    const result = (await reply.json().catch(() => ({}))) as Result
    response.writeHead(reply.status, { 'content-type': 'text/xml' }).end(toXml(action, result))
  }

  function ask(target: string, body: string) {
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target }
    return fetch(emulator, { method: 'POST', headers, body: body.replaceAll(url, emulator) })
  }

  function toXml(action: string, { QueueUrl, Messages = [] }: Result): string {
    // Clients send what concerns a queue to the address in its URL.
    const queue = QueueUrl === undefined ? '' : element('QueueUrl', escape(url + new URL(QueueUrl).pathname))
    return element(`${action}Response`, element(`${action}Result`, queue + Messages.map(messageXml).join('')))
  }

  return url
}

type Result = { QueueUrl?: string; Messages?: Message[] }

function fromQuery(body: string) {
  const { Action = '', Version: _, ...flat } = Object.fromEntries(new URLSearchParams(body))
  const parameters: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(flat)) {
    const [list, index] = name.split('.')
    if (index === undefined) parameters[name] = NUMBERS.has(name) ? Number(value) : value
    else parameters[`${list}s`] = [...((parameters[`${list}s`] as string[] | undefined) ?? []), value]
  }
  return { action: Action, parameters }
}

function messageXml({
  MessageId = '',
  ReceiptHandle = '',
  MD5OfBody = '',
  Body = '',
  Attributes = {}
}: Message): string {
  const texts = Object.entries({ MessageId, ReceiptHandle, MD5OfBody, Body })
  const attributes = Object.entries(Attributes).map(([name, value]) =>
    element('Attribute', element('Name', name) + element('Value', escape(value)))
  )
  return element('Message', texts.map(([name, text]) => element(name, escape(text))).join('') + attributes.join(''))
}

const element = (name: string, content: string) => `<${name}>${content}</${name}>`
const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
