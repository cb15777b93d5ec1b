import { createHash } from 'node:crypto'
import type { S3Client } from '@aws-sdk/client-s3'
import { OptionsInvalidError } from '../errors.ts'
import type { S3Options } from '../schemas/options/sqs.ts'
import type { S3Reference } from '../events/messages.ts'
import { CALLER_ID, type StoredEvent } from '../events/event.ts'
import { AwsCalls } from './calls.ts'
import { collector } from './collect.ts'
import { credentialChain } from './credentials.ts'
import { CallError } from './failures.ts'
import { notThere } from './foreign-answer.ts'
import type { LaneEvent } from './lane-event.ts'
import { proxyEnv } from './proxy-env.ts'

/** Stores messages that are too large for SQS. */
export interface Offload {
  /** Stores a message. Its key is made from the event: a repeat writes the same object. */
  put(event: LaneEvent, body: Buffer, signal: AbortSignal): Promise<S3Reference>
  /** Deletes an object, if there is one. Resolves with true if S3 has said before that there is one. @throws {CallError} */
  remove(key: string, signal: AbortSignal): Promise<boolean>
  /** The keys of all objects that an event may have. */
  keysOf(event: StoredEvent): readonly string[]
  destroy(): void
}

const SEVEN_DAYS = 604_800
const CONNECT_TIMEOUT_MS = 3_000
/** The deadline of an upload: half a minute, and a second for each so many bytes. */
const DEADLINE_MS = 30_000
const BYTES_PER_SECOND = 256 * 1_024
/** S3 accepts keys of up to 1,024 bytes, of which the prefix has at most 200. */
const KEY_PART_MAX = 400

/**
 * Stores messages in an S3 bucket; objects are as private as the bucket.
 * @param deadlines `deadlineMs`: deadline of an upload, to which its body adds a second for each 256 KiB
 * @throws {OptionsInvalidError} the AWS packages for S3 are not installed
 */
export async function createOffload(options: S3Options, { deadlineMs = DEADLINE_MS } = {}): Promise<Offload> {
  const { bucket, prefix = 'instance-events', region, endpoint, credentials, urlExpiresSeconds = SEVEN_DAYS } = options
  const [sdk, { getSignedUrl }] = await loadSdk()
  const { S3Client, PutObjectCommand, GetObjectCommand, HeadObjectCommand, DeleteObjectCommand } = sdk
  const agent = proxyEnv(endpoint)
  const client: S3Client = new S3Client({
    // Other implementations of S3 need a region, but it may be any.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true, region: 'us-east-1' }),
    ...(region !== undefined && { region }),
    // A copy, since the SDK adds members to the object.
    ...(credentials && { credentials: { ...credentials } }),
    credentialDefaultProvider: credentialChain,
    streamCollector: collector('S3'),
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, httpAgent: agent, httpsAgent: agent }
  })
  const calls = new AwsCalls({ client, service: 'S3', deadlineMs })

  async function put(event: LaneEvent, Body: Buffer, signal: AbortSignal): Promise<S3Reference> {
    const object = { Bucket: bucket, Key: objectKey(event, prefix) }
    const ms = deadlineMs + (1_000 * Body.length) / BYTES_PER_SECOND
    const send = async (abortSignal: AbortSignal) => {
      const command = new PutObjectCommand({ ...object, Body, ContentType: 'application/json' })
      const { ETag } = await client.send(command, { abortSignal })
      // Without it nothing was stored: a login page may have answered.
      if (!ETag) throw new CallError(notThere('S3', 'HTTP 200'), 200)
      return getSignedUrl(client, new GetObjectCommand(object), { expiresIn: urlExpiresSeconds })
    }
    const fileUrl = await calls.run('PutObject', send, { signal, deadlineMs: ms })
    return { bucket, key: object.Key, fileUrl, size: Body.length }
  }

  async function remove(Key: string, signal: AbortSignal): Promise<boolean> {
    const object = { Bucket: bucket, Key }
    const head = (abortSignal: AbortSignal) => client.send(new HeadObjectCommand(object), { abortSignal })
    const deletion = (abortSignal: AbortSignal) => client.send(new DeleteObjectCommand(object), { abortSignal })
    // It does not tell whether to delete: without the right to list the bucket, S3 answers 403 for a missing object.
    const existed = await calls.run('HeadObject', head, { signal }).then(
      () => true,
      () => false
    )
    await calls.run('DeleteObject', deletion, { signal })
    return existed
  }

  const keysOf = (event: StoredEvent) => [false, true].map((reduced) => objectKey({ ...event, reduced }, prefix))

  return { put, remove, keysOf, destroy: () => client.destroy() }
}

/**
 * `<prefix>/<instance>/<id>.json`. An id that the caller chose may come again for an instance of the same name: the
 * event's offset is put in front of it, so that no event overwrites the object of another. Only the queue of its own
 * instance receives an event without some members (`<id>.omit.json`), so that no queue overwrites the object of another.
 */
function objectKey({ instance, id, offset, flags, reduced = false }: LaneEvent, prefix: string): string {
  const part = (text: string) => {
    const encoded = encodeURIComponent(text)
    return encoded.length <= KEY_PART_MAX ? encoded : createHash('sha256').update(text).digest('hex')
  }
  const name = `${flags & CALLER_ID ? `${offset}-` : ''}${part(id)}`
  return `${prefix}/${part(instance)}/${name}${reduced ? '.omit' : ''}.json`
}

/** Loads optional peer dependencies, which only a bucket needs. */
async function loadSdk() {
  try {
    return await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/s3-request-presigner')])
  } catch (error) {
    const message = 's3: install @aws-sdk/client-s3 and @aws-sdk/s3-request-presigner, or leave the bucket out'
    throw Object.assign(new OptionsInvalidError(message), { cause: error })
  }
}
