// Type-checked by scripts/test-package.ts in an app that has the packed tarball.
import Fastify = require('fastify')
import instanceEvents = require('fastify-instance-events')
import type { AppOptions, InstanceDirectory } from 'fastify-instance-events'
import sqs, { type SqsEmitter, type SqsOptions } from 'fastify-instance-events/sqs'
import { connectInstance } from 'fastify-instance-events/client'

const app = Fastify()
const options: AppOptions = { apiKey: 'key-of-the-package-test', sqs: false }
app.register(instanceEvents.default, options)
app.register(sqs, { region: 'us-east-1' } satisfies SqsOptions)
const emitter: SqsEmitter = app.sqs
const instances: InstanceDirectory = app.eventLog.instances
const code: 'IEV_UNAUTHORIZED' = new instanceEvents.errors.UnauthorizedError('no').code
// @ts-expect-error an option that there is not
app.register(sqs, { regoin: 'us-east-1' })

export = { code, connectInstance, emitter, instances }
