import { Type, type Static } from '@sinclair/typebox'

/** The result of accepting one event. */
export const EmitReply = Type.Object(
  {
    id: Type.String(),
    offset: Type.Integer({
      description: 'Position in the log; 0 if no transport selects the event and it is not logged.'
    }),
    duplicate: Type.Boolean()
  },
  { examples: [{ id: '01a1ffe7-6cd7-7168-85d7-1483718c1415', offset: 4711, duplicate: false }] }
)
export type EmitReply = Static<typeof EmitReply>

/** The reply of `POST /events/:instance`: a list for a list. */
export const EmitReplies = Type.Union([EmitReply, Type.Array(EmitReply)], {
  examples: [...EmitReply.examples, EmitReply.examples]
})
