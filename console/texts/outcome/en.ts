/** What became of an event that was sent. */
export const outcomeEn = {
  title: 'Queues of the event',
  sent: 'accepted by SQS',
  pending: 'pending: SQS has not accepted it yet',
  dead: 'dead letter',
  toDeadLetters: 'Show it among the dead letters',
  noQueue: 'It is not sent to any queue.',
  incomplete: 'The selection was changed meanwhile: the event may have gone to other queues, too.',
  sockets: (count: string) => `Sockets and streams that received it: ${count}`,
  socketsOfNode: (count: string, nodes: string) =>
    `Sockets and streams that received it, on the node that answered (of ${nodes} nodes): ${count}`
}
