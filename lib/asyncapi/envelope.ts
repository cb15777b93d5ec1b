import type { Schema } from './types.ts'

const text = (description: string) => ({ type: 'string', description })

/** Members that every message has, on either transport. Those that are not listed are the event's extras. */
const members = {
  event: text('Name of the event.'),
  instance: text('Name of the instance.'),
  data: { description: 'Of the event: see its schema.' },
  server_url: text("URL of the hub, or this server's."),
  date_time: { ...text('When it happened: ISO 8601, UTC.'), format: 'date-time' },
  sender: { type: ['string', 'null'], description: 'Address of the instance.' },
  apikey: text('Key that the event came with, if this server exposes keys.'),
  id: text('Id of the event, unique within its instance: the same on both transports, and when it comes again.'),
  offset: { type: 'integer', minimum: 1, description: 'Place in the log: grows, with gaps. Resume after it.' },
  traceparent: text('W3C trace context of what caused the event, if it has one.')
}
const required = ['event', 'instance', 'data', 'server_url', 'date_time', 'sender', 'id', 'offset']

export const SocketEnvelope: Schema = {
  title: 'Message of Socket.IO',
  type: 'object',
  required,
  properties: members,
  additionalProperties: true
}

export const SqsEnvelope: Schema = {
  title: 'Message of SQS',
  type: 'object',
  required: [...required, 'dataType', 'server'],
  properties: {
    ...members,
    dataType: { enum: ['json', 's3'], description: '`s3`: `data` says where the message is, which was too large.' },
    server: text('Name of this server.')
  },
  additionalProperties: true
}

export const S3Reference: Schema = {
  title: 'Where a large message is',
  type: 'object',
  required: ['bucket', 'key', 'fileUrl', 'size'],
  properties: {
    bucket: text('Bucket of S3.'),
    key: text('Key of the object, which is the whole message.'),
    fileUrl: text('Opens the object without credentials, for a time.'),
    size: { type: 'integer', description: 'Bytes.' }
  }
}

/** A message of an example, but for what its event and transport add. */
export function exampleEnvelope(event: string, data: unknown) {
  return {
    event,
    instance: 'sales',
    data,
    server_url: 'https://hub.example.com',
    date_time: '2026-01-31T12:00:00.000Z',
    sender: '5511912345678@s.whatsapp.net',
    id: '01a1ffe7-6cd7-7168-85d7-1483718c1415',
    offset: 4711
  }
}
