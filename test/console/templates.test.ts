import { Ajv } from 'ajv'
import t from 'tap'
import templates from '../../console/templates.json' with { type: 'json' }
import { instanceEventSchemas } from '../../lib/schemas/events/index.ts'

t.test('each template passes the schema of its event', async (t) => {
  const ajv = new Ajv({ strict: false, validateFormats: false })
  for (const [event, schema] of Object.entries(instanceEventSchemas)) {
    ajv.validate(schema, templates[event as keyof typeof templates])
    t.same(ajv.errors ?? [], [], event)
  }
})
