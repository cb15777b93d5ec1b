import { Type } from '@sinclair/typebox'
import { Nullable } from '../nullable.ts'
import { Jid, OpenObject } from './parts.ts'

const Participant = OpenObject({
  id: Jid,
  phoneNumber: Type.Optional(Type.String()),
  admin: Type.Optional(Nullable(Type.String({ description: 'admin, superadmin or null.' })))
})

const groupMembers = {
  id: Jid,
  subjectOwner: Type.Optional(Type.String()),
  subjectTime: Type.Optional(Type.Number({ description: 'Seconds since 1970.' })),
  creation: Type.Optional(Type.Number({ description: 'Seconds since 1970.' })),
  owner: Type.Optional(Nullable(Type.String())),
  desc: Type.Optional(Nullable(Type.String())),
  size: Type.Optional(Type.Integer()),
  announce: Type.Optional(Type.Boolean({ description: '`true` if only admins can send messages.' })),
  restrict: Type.Optional(Type.Boolean({ description: '`true` if only admins can change the group.' })),
  author: Type.Optional(Type.String({ description: 'Address of the author of the change.' }))
}

/** An address from older versions of Baileys, an object from newer ones. */
const Member = Type.Union([Jid, Participant])

const GROUP = '120363041234567890@g.us'
const OWNER = '5511912345678@s.whatsapp.net'
const MEMBER = '5511987654321@s.whatsapp.net'

/** Data of events about groups and their members. */
export const groupSchemas = {
  'groups.upsert': Type.Array(
    OpenObject({ ...groupMembers, subject: Type.String(), participants: Type.Array(Participant) }),
    {
      description: "Groups that the instance has joined: Baileys' GroupMetadata.",
      examples: [
        [
          {
            id: GROUP,
            subject: 'Sales team',
            creation: 1769860800,
            owner: OWNER,
            size: 2,
            participants: [
              { id: OWNER, admin: 'superadmin' },
              { id: MEMBER, admin: null }
            ]
          }
        ]
      ]
    }
  ),
  'groups.update': Type.Array(
    OpenObject({
      ...groupMembers,
      subject: Type.Optional(Type.String()),
      participants: Type.Optional(Type.Array(Participant))
    }),
    {
      description: 'Groups with their changed properties only.',
      examples: [[{ id: GROUP, subject: 'Sales team, São Paulo', author: OWNER }]]
    }
  ),
  'group-participants.update': OpenObject(
    {
      id: Jid,
      author: Type.Optional(Type.String({ description: 'Address of the author of the change.' })),
      participants: Type.Array(Member),
      action: Type.String({ description: 'add, remove, promote, demote or modify.' }),
      participantsData: Type.Optional(
        Type.Array(
          OpenObject({
            jid: Member,
            phoneNumber: Type.Optional(Type.String()),
            name: Type.Optional(Nullable(Type.String())),
            imgUrl: Type.Optional(Nullable(Type.String()))
          }),
          { description: 'Details of the participants, as far as the hub knows them.' }
        )
      )
    },
    {
      description: 'Members were added or removed, or their role has changed.',
      examples: [
        {
          id: GROUP,
          participants: [MEMBER],
          action: 'add',
          participantsData: [{ jid: MEMBER, phoneNumber: '5511987654321', name: 'Maria Souza', imgUrl: null }]
        }
      ]
    }
  )
}
