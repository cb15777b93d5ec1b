import type { S3Client } from '@aws-sdk/client-s3'
import { OptionsInvalidError } from '../errors.ts'
import type { S3Options } from '../schemas/options.ts'
import type { StoredEvent } from '../store/types.ts'

/** `data` of a message whose `dataType` is `s3`. */
export interface S3Reference {
  bucket: string
  key: string
  /** Presigned: opens the object without credentials, for a time. */
  fileUrl: string
  /** Bytes of the object. */
  size: number
}

/** Where messages go that are too large for SQS. */
export interface Offload {
  /** Stores a message under its event's name: again is the same object. */
  put(event: StoredEvent, body: string, signal: AbortSignal): Promise<S3Reference>
  destroy(): void
}

const SEVEN_DAYS = 604_800

/**
 * An offload into an S3 bucket, whose objects are as private as the bucket.
 * @throws {OptionsInvalidError} the AWS packages for S3 are not installed
 */
export async function createOffload(options: S3Options): Promise<Offload> {
  const { bucket, prefix = 'instance-events', region, endpoint, credentials, urlExpiresSeconds = SEVEN_DAYS } = options
  const [{ S3Client, PutObjectCommand, GetObjectCommand }, { getSignedUrl }] = await loadSdk()
  const client: S3Client = new S3Client({
    // Other S3s want some region, any will do.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true, region: 'us-east-1' }),
    ...(region !== undefined && { region }),
    // A copy: the SDK writes notes of its own into the object.
    ...(credentials && { credentials: { ...credentials } })
  })

  return {
    async put({ instance, id }, body, abortSignal) {
      const key = `${prefix}/${encodeURIComponent(instance)}/${encodeURIComponent(id)}.json`
      const Body = Buffer.from(body)
      const object = { Bucket: bucket, Key: key }
      const put = new PutObjectCommand({ ...object, Body, ContentType: 'application/json' })
      await client.send(put, { abortSignal })
      const fileUrl = await getSignedUrl(client, new GetObjectCommand(object), { expiresIn: urlExpiresSeconds })
      return { bucket, key, fileUrl, size: Body.length }
    },
    destroy: () => client.destroy()
  }
}

/** Optional peers: only who names a bucket needs them. */
async function loadSdk() {
  try {
    return await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/s3-request-presigner')])
  } catch (error) {
    const message = 's3: install @aws-sdk/client-s3 and @aws-sdk/s3-request-presigner, or leave the bucket out'
    throw Object.assign(new OptionsInvalidError(message), { cause: error })
  }
}
