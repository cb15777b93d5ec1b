/** The key of an event name: `group-participants.update` → `GROUP_PARTICIPANTS_UPDATE`. */
export function eventKey(name: string): string {
  return name.replace(/[.-]/g, '_').toUpperCase()
}
