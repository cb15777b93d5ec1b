import type { outcomeEn } from './en.ts'

export const outcomePtBr: typeof outcomeEn = {
  title: 'Filas do evento',
  sent: 'aceito pelo SQS',
  pending: 'pendente: o SQS ainda não o aceitou',
  dead: 'dead letter',
  toDeadLetters: 'Ver entre as dead letters',
  noQueue: 'Não vai para nenhuma fila.',
  incomplete: 'A seleção mudou nesse meio-tempo: o evento pode ter ido também para outras filas.',
  sockets: (count) => `Sockets e streams que o receberam: ${count}`,
  socketsOfNode: (count, nodes) => `Sockets e streams que o receberam, no nó que respondeu (de ${nodes} nós): ${count}`
}
