import type { Schema } from './types.ts'

const text = (description: string) => ({ type: 'string', description })

/** The members of every message. Members that are not listed are extras of the event. */
const members = {
  event: text('Name of the event.'),
  instance: text('Name of the instance.'),
  data: { description: 'Data of the event. Its schema depends on `event`.' },
  server_url: text("URL of the hub, or this server's."),
  date_time: { ...text('Time of the event: ISO 8601, UTC.'), format: 'date-time' },
  sender: { type: ['string', 'null'], description: 'Address of the instance.' },
  apikey: text('API key that came with the event, if this server exposes API keys.'),
  id: text('Id of the event, unique within its instance. It is the same on both transports and in repeats.'),
  offset: {
    type: 'integer',
    minimum: 1,
    description: 'Position in the log. Offsets grow; there may be gaps. Resume after the last one.'
  },
  erased: {
    const: true,
    description:
      'The data of the event was erased at the request of a person: `data` and `sender` are `null`, and no extras follow.'
  },
  traceparent: text('W3C trace context of the request that caused the event.')
}
const required = ['event', 'instance', 'data', 'server_url', 'date_time', 'sender', 'id', 'offset']

export const SocketEnvelope: Schema = {
  title: 'Message of sockets, streams and pages',
  type: 'object',
  required,
  properties: members,
  additionalProperties: true
}

export const SqsEnvelope: Schema = {
  title: 'SQS message',
  type: 'object',
  required: [...required, 'dataType', 'server'],
  properties: {
    ...members,
    dataType: {
      enum: ['json', 's3'],
      description: '`s3`: the message was too large, and `data` refers to an S3 object.'
    },
    server: text('Name of this server.')
  },
  additionalProperties: true
}

export const S3Reference: Schema = {
  title: 'Reference to a large message',
  type: 'object',
  required: ['bucket', 'key', 'fileUrl', 'size'],
  properties: {
    bucket: text('Bucket of S3.'),
    key: text('Key of the object, which contains the whole message.'),
    fileUrl: text('Presigned URL of the object, valid for some time.'),
    size: { type: 'integer', description: 'Bytes.' }
  }
}

/** The members of an example message that all transports share. */
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
