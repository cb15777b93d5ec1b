import type { FaultTexts } from './fault-texts.ts'

export const faultsPtBr: FaultTexts = {
  required: (field) => `${field} é obrigatório.`,
  additionalProperties: (field) => `${field} não é um campo conhecido.`,
  type: (field, type) => `${field} precisa ser do tipo ${type}.`,
  const: (field, value) => `${field} precisa ser ${value}.`,
  enum: (field, ...values) => `${field} precisa ser ${values.join(' ou ')}.`,
  anyOf: (field, ...types) => `${field} precisa ser ${types.join(' ou ')}.`,
  minLength: (field, limit) => `${field} precisa ter ${limit} ou mais caracteres.`,
  maxLength: (field, limit) => `${field} pode ter no máximo ${limit} caracteres.`,
  pattern: (field, pattern) => `${field} precisa ter a forma ${pattern}.`,
  format: (field, format) => `${field} precisa ter o formato ${format}.`,
  minimum: (field, limit) => `${field} precisa ser ${limit} ou mais.`,
  maximum: (field, limit) => `${field} pode ser no máximo ${limit}.`,
  minItems: (field, limit) => `${field} precisa ter ${limit} ou mais itens.`,
  maxItems: (field, limit) => `${field} pode ter no máximo ${limit} itens.`,
  minProperties: (field, limit) => `${field} precisa ter ${limit} ou mais campos.`,
  maxProperties: (field, limit) => `${field} pode ter no máximo ${limit} campos.`,
  uniqueItems: (field) => `${field} não pode ter itens repetidos.`,

  filterNotObject: (field) => `${field} precisa ser um objeto, como {"key":{"fromMe":[false]}}.`,
  filterHasEventName: (field, key, name) =>
    `${field} tem o nome de um evento: escreva a chave dele, ${key} em vez de "${name}".`,
  filterMixed: (field) => `${field} só pode ter chaves de eventos, como MESSAGES_UPSERT, ou só campos de data.`,
  filterTooLong: (field, limit) => `${field} pode ter no máximo ${limit} caracteres em JSON.`,
  filterTooDeep: (field, limit) => `${field} pode ter no máximo ${limit} níveis de objetos.`,
  filterTooManyConditions: (field, limit) => `${field} pode ter no máximo ${limit} condições.`,
  policyEmpty: (field) => `${field} precisa ser um objeto com um campo ou mais, como {"fromMe":[false]}.`,
  choiceTooShort: (field) => `${field} precisa ser uma lista de duas ou mais políticas.`,
  listEmpty: (field) => `${field} precisa ter uma condição ou mais, como ["texto"].`,
  memberInvalid: (field) => `${field} precisa ser uma lista de condições, como ["texto"], ou um objeto de campos.`,
  conditionInvalid: (field, operators) =>
    `${field} precisa ser um texto, um número, true, false, null, ou um objeto com um destes: ${operators}.`,
  existsNotBoolean: (field) => `${field} precisa ser true ou false.`,
  textEmpty: (field) => `${field} precisa ser um texto não vazio.`,
  textsEmpty: (field) => `${field} precisa ser um texto ou uma lista de textos.`,
  anythingButObject: (field, operators) => `${field} precisa ter valores, ou um objeto com um destes: ${operators}.`,
  anythingButValues: (field) => `${field} precisa ser um texto, um número, ou uma lista deles.`,
  numericInvalid: (field) => `${field} precisa ter uma ou duas comparações, como ["=", 1] ou [">=", 1, "<", 10].`,
  numberTooLarge: (field) => `${field} tem um número de 1e308 ou mais: use um menor.`,
  omitNotList: (field, limit) =>
    `${field} precisa ser uma lista de no máximo ${limit} caminhos, como ["data.message.base64"].`,
  omitNotPath: (field) => `${field} precisa ser o caminho de um campo de data, como data.message.base64.`,

  backlogFull: (_field, pending, max) => `Há ${pending} entregas pendentes ao SQS; o limite é ${max}.`,
  backlogShareFull: (_field, name, own, max) =>
    `A instância "${name}" já usou a parte dela das entregas pendentes ao SQS (${own}; o limite de todas é ${max}): os eventos dela voltam a ser aceitos quando o SQS aceitar mais deles.`,
  bodiesFull: (_field, others, own, max) =>
    `${others} bytes de outras requisições com eventos estão em andamento, ${own} deles da mesma origem; o limite é ${max} (bodiesLimit), e cada origem tem no máximo a metade.`,
  bodyCut: () => 'O corpo termina cedo demais.',
  bodyEmpty: () => 'O corpo está vazio.',
  bodyNotUtf8: () => 'O corpo não está em UTF-8.',
  bodyUnexpected: (_field, found, byte) => `O corpo não é JSON: há ${found} no byte ${byte}, onde não é permitido.`,
  characters: (field) => `${field} não pode conter caracteres de controle nem caracteres Unicode inválidos.`,
  databaseAway: () => 'O PostgreSQL não está disponível agora.',
  diskFull: () => 'O disco do log de eventos está cheio: libere espaço.',
  erasing: (_field, name) => `Outra requisição já está apagando eventos de "${name}": envie uma de cada vez.`,
  eventUnknown: (field, name, nearest) =>
    `${field}: "${name}" não é um evento conhecido; os mais parecidos são ${nearest}.`,
  excludes: (field, other) => `${field} e ${other} não podem ser usados juntos: envie um dos dois.`,
  fileChanged: (_field, path) => `O arquivo ${path} não está como o servidor o gravou: reinicie o servidor.`,
  fileNotSynced: (_field, path) => `O sistema não conseguiu gravar ${path} no disco: reinicie o servidor.`,
  goesWith: (field, other) => `${field} só pode ser usado com ${other}.`,
  jidInvalid: (field, jid) => `${field}: "${jid}" não é um JID do WhatsApp.`,
  keyRefused: () => 'Essa chave não autoriza a requisição.',
  lengthDiffers: () => 'O corpo não tem o tamanho que o cabeçalho content-length informa.',
  logUnread: () => 'O log de eventos não pôde ser lido.',
  logUnwritable: () => 'O log de eventos não pode ser gravado.',
  nameDots: (field) => `${field} não pode ser "." nem "..": URLs não os aceitam.`,
  nameLength: (field, max, has) => `${field} precisa ter de 1 a ${max} caracteres (tem ${has}).`,
  nameOfRoute: (_field, name) => `"${name}" faz parte de uma rota, GET /events/${name}: escolha outro nome.`,
  nestedTooDeep: (field, max) => `${field} tem mais de ${max} níveis de objetos e listas.`,
  notJson: (field) => `${field} precisa ser JSON.`,
  nothingNamed: () => 'A requisição precisa de ids, instance, queue ou reason, ou de all: true.',
  numberTooLargeForJson: (field, number, from) =>
    `${field} tem o número ${number}: a maioria dos leitores de JSON não representa números de ${from} ou mais.`,
  oneRequired: (_field, first, second) => `A requisição precisa de ${first} ou de ${second}.`,
  pagesUnread: () => 'Há páginas demais do log que clientes ainda não leram.',
  pathMalformed: (_field, path) =>
    `O caminho precisa estar em UTF-8, com codificação percentual: "%" se escreve "%25" (recebido: "${path}").`,
  pathTooLong: () => 'Uma parte do caminho é longa demais.',
  queuesNotReady: (_field, ready, all, names) =>
    `A seleção não mudou. ${ready} das ${all} filas dela estão prontas e são mantidas; faltam: ${names}.`,
  rateExceeded: (_field, name, rate, limit) => `"${name}" passou do limite ${rate}, que é de ${limit} por nó.`,
  recentlyRefused: (_field, count) => `Eventos recusados há pouco: ${count}.`,
  retainedExceeded: (_field, name, limit) =>
    `"${name}" já ocupa ${limit} bytes do log, o limite dela (retainedBytes): espere até que eventos antigos sejam removidos.`,
  standsAlone: (field, others) => `${field} não pode ser usado com outros: retire ${others}.`,
  timeInvalid: (field, got) => `${field}: "${got}" não é um horário ISO 8601, como 2026-01-31T12:00:00Z.`,
  wrongKeys: () =>
    'Vieram chaves erradas demais deste endereço: por enquanto, nem a chave certa é aceita. Confira a chave e tente mais tarde.',

  IEV_BODY_TOO_LARGE: (_field, limit) => `O limite é de ${limit} bytes.`,
  IEV_DEAD_LETTER_NOT_FOUND: (_field, id) => `Não há uma dead letter ${id}.`,
  IEV_EVENT_NOT_FOUND: (_field, name, offset) => `"${name}" não tem um evento no offset ${offset}.`,
  IEV_INSTANCE_EXISTS: (_field, name) => `O nome "${name}" já está em uso.`,
  IEV_INSTANCE_NOT_FOUND: (_field, name) => `Não há uma instância "${name}".`,
  IEV_NOT_FOUND: (_field, method, path) => `${method} ${path}`,
  IEV_OPERATOR_INSTANCE: (_field, name) => `Só este servidor envia eventos de "${name}".`,
  IEV_SQS_QUEUE_UNAVAILABLE: (_field, queue, code) => `A fila ${queue} não foi encontrada nem criada: ${code}.`,
  IEV_SQS_QUEUE_UNUSABLE: (_field, queue, attribute, value) =>
    `A fila ${queue} tem ${attribute} com o valor ${value}: exclua-a, para que seja criada de novo.`,
  IEV_STORE_DAMAGED: (_field, path) =>
    `Banco de dados ${path}: pare o servidor e restaure um backup, ou recupere o que for legível com o .recover do sqlite3.`,
  IEV_TOO_MANY_INSTANCES: (_field, name, max) =>
    `"${name}" não foi registrada: o limite é de ${max} instâncias (autoRegisterMax). Crie-a, ou aumente o limite.`,
  IEV_TRANSPORT_DISABLED: (_field, transport) => `Transporte: ${transport}.`,
  IEV_UNSUPPORTED_CONTENT_ENCODING: (_field, encoding) => `O corpo recebido tem content-encoding: ${encoding}.`,
  IEV_UNSUPPORTED_MEDIA_TYPE: (_field, type) => `O corpo recebido tem content-type: ${type}.`
}
