import type { Texts } from './en.ts'
import { erasurePtBr } from './erasure/pt-br.ts'
import { errorsPtBr } from './errors/pt-br.ts'
import { filtersPtBr } from './filters/pt-br.ts'
import { outcomePtBr } from './outcome/pt-br.ts'
import { tablesPtBr } from './tables/pt-br.ts'
import { logPtBr } from './log/pt-br.ts'

/** The texts in the order of `en`. */
export const ptBr: Texts = {
  product: 'Eventos de instâncias',
  loading: 'Carregando…',
  skipToContent: 'Ir para o conteúdo',
  navigation: 'Páginas',
  menu: 'Menu',
  language: 'Idioma',
  theme: 'Aparência',
  themes: { system: 'Do sistema', light: 'Clara', dark: 'Escura' },
  signOut: 'Sair',
  signedInGlobal: 'Chave global',
  signedInAs: (instance) => `Token de ${instance}`,
  ownInstance: 'Instância',
  destination: {
    title: 'Este servidor',
    environment: 'Ambiente',
    emulated: 'emulado',
    emulatedHelp: 'Os eventos vão para um emulador, não para a AWS.',
    off: 'desligado',
    stores: { sqlite: 'SQLite', postgresql: 'PostgreSQL' }
  },
  pages: {
    overview: 'Visão geral',
    instances: 'Instâncias',
    live: 'Ao vivo',
    history: 'Histórico',
    send: 'Enviar',
    'dead-letters': 'Dead letters'
  },
  copy: 'Copiar',
  copied: 'Copiado',
  failed: 'Não copiado',
  cancel: 'Cancelar',
  close: 'Fechar',
  save: 'Salvar',
  tryAgain: 'Tentar de novo',
  originalText: 'Texto original, em inglês',
  all: 'Todos',
  none: 'Nenhum',
  off: 'desligado',
  previous: 'Anterior',
  next: 'Próxima',
  range: (first, last, all) => `${first}–${last} de ${all}`,
  instance: 'Instância',
  allInstances: 'Todas as instâncias',
  pickInstance: 'Nome de uma instância',
  filterEvents: 'Eventos',
  allEvents: 'todos',
  searchEvents: 'Buscar eventos',
  noEventFound: 'Nenhum evento tem isso no nome.',
  notInAll: 'não faz parte de “todos”',
  secretNotInAll: 'não faz parte de “todos”: contém segredos',
  ownEvents: 'Eventos deste servidor',
  eventPresets: {
    title: 'Selecionar só',
    messages: 'Mensagens',
    messageStates: 'Mensagens e seus status',
    connection: 'Conexão'
  },
  selectedOf: (selected, all) => `${selected} de ${all}`,
  offset: 'Offset',
  when: 'Quando',
  whenIn: (zone) => `Quando (${zone})`,
  content: 'Conteúdo',
  eventId: 'Id',
  inspector: 'Evento',
  closeEvent: 'Fechar evento',
  inspectHint: 'Escolha um evento para ver o conteúdo.',
  family: 'Sobre',
  families: {
    messages: 'Mensagens',
    chats: 'Conversas',
    contacts: 'Contatos',
    groups: 'Grupos',
    presence: 'Presença',
    calls: 'Chamadas',
    connection: 'Conexão',
    labels: 'Etiquetas',
    other: 'Outros'
  },
  wholeMessage: 'Mensagem inteira',
  jsonCut: '… cortado aqui. Copiar inclui tudo.',
  metrics: {
    accepted: 'Eventos / s',
    delivered: 'Entregas / s',
    pending: 'Pendentes',
    oldest: 'Pendente mais antiga',
    deadLetters: 'Dead letters',
    sockets: 'Sockets'
  },
  signIn: {
    title: 'Entrar',
    lead: 'Com a chave global você vê todas as instâncias; com o token de uma instância, só ela.',
    key: 'Chave',
    where: 'A chave fica nesta aba até você fechá-la ou sair. Uma chave gerada está em data/api-key, no servidor.',
    submit: 'Entrar',
    kept: 'Sua chave continua nesta aba, mas o servidor não conseguiu verificá-la.',
    refused: 'Sua chave não é mais válida: ela foi trocada ou a instância foi excluída. Entre com outra.'
  },
  overview: {
    lead: 'O estado atual e a última hora.',
    node: 'Nó',
    nodes: (heard, all) => `${heard} de ${all} nós incluídos`,
    uptime: 'No ar há',
    lastOffset: 'Último offset',
    maxPending: 'Limite de pendentes',
    refused: 'Eventos recusados',
    replaying: 'Sockets em replay',
    streams: 'Streams HTTP',
    longPolls: 'Long polls em espera',
    version: 'Versão',
    lookAtThem: 'Ver quais',
    noChart: (metric) => `${metric}: ainda sem dados`,
    chart: (metric, now, low, high) => `${metric}: agora ${now}, entre ${low} e ${high} na última hora`
  },
  health: {
    title: 'Situação',
    levels: { good: 'Tudo funcionando', attention: 'Precisa de atenção', bad: 'Há algo errado' },
    rate: (rate) => `${rate} eventos/s chegando`,
    last: (age) => `o último há ${age}`,
    lastAlone: (age) => `último evento há ${age}`,
    noEvent: 'nenhum evento ainda',
    refusing: (code) => `os eventos estão sendo recusados (${code})`,
    healthy: (sqs) => `${sqs} funcionando`,
    failing: (sqs, code) => `${sqs} não aceita eventos (${code})`,
    failingQueue: (queue, code) => `a fila ${queue} não aceita eventos (${code})`,
    failingQueues: (queue, more, code) => `${queue} e mais ${more} filas não aceitam eventos (${code})`,
    sqsOff: 'SQS desligado',
    deadLetters: (count) =>
      count === '1' ? '1 dead letter precisa de atenção' : `${count} dead letters precisam de atenção`,
    rejected: (count) => `requisições rejeitadas nos últimos dez minutos: ${count}`,
    silent: (names) => `em silêncio: ${names}`,
    andMore: (names, more) => `${names} e mais ${more}`,
    stuck: (queue, age) => `um evento da fila ${queue} está pendente há ${age}`,
    lost: (time) => `Conexão com o servidor perdida. Os dados abaixo são de ${time}.`,
    remedies: {
      stuck: (queue) =>
        `O evento mais antigo de ${queue} não é enviado, e nenhum erro foi registrado: procure a fila no log do servidor, confira se o SQS está ligado e se algum nó envia os eventos dela, e reinicie esse nó.`,
      failing: 'Corrija a causa que o erro indica: os eventos pendentes são enviados em seguida, em ordem.',
      toQueues: 'Ver as filas',
      deadLetters: 'Dead letters não são reenviadas automaticamente: corrija a causa e depois reenvie.',
      rejected:
        'Os eventos de requisições rejeitadas se perdem se o remetente não tentar de novo: corrija a chave, o endereço ou os eventos dele.',
      toRejections: 'Ver quem enviou',
      silent:
        'Instâncias silenciosas não enviam nada há mais tempo que o limite delas: confira a conexão e o webhook do hub.',
      toSilent: 'Ver quais'
    }
  },
  outcome: outcomePtBr,
  tables: tablesPtBr,
  rejections: {
    title: 'Requisições rejeitadas',
    lead: 'Requisições com eventos que este nó não aceitou. Os eventos se perdem, a menos que o remetente tente de novo.',
    none: 'Este nó não rejeitou nenhuma requisição com eventos desde que foi iniciado.',
    times: (count) => `vezes: ${count}`,
    last: (when) => `última: ${when}`,
    first: (when) => `primeira: ${when}`,
    forgotten: (count) => `Registros que já saíram da lista: ${count}.`
  },
  faults: {
    unreachable: 'O servidor não responde.',
    failing: 'O servidor responde com um erro.',
    unreachableHint: 'A página tenta de novo a cada dois segundos. Os números abaixo são os últimos conhecidos.',
    queue: (queue) => `fila ${queue}`,
    moreQueues: (count) => `e mais ${count}`,
    since: (when) => `desde ${when}`,
    attempts: (count) => `tentativas: ${count}`,
    components: {
      sqs: {
        title: 'O SQS não está aceitando eventos.',
        hint: 'Os eventos ficam pendentes, em ordem, e são enviados quando o SQS voltar a aceitá-los. Confira o endpoint, as credenciais e a rede.'
      },
      eventLog: {
        title: 'O log de eventos não está aceitando eventos.',
        hint: 'Os eventos são recusados até que ele volte a aceitá-los. Confira o disco ou o banco de dados; se há entregas pendentes demais, confira o SQS.'
      },
      websocket: {
        title: 'Alguns sockets não são atendidos.',
        hint: 'Os outros não são afetados. Procure clientes que abrem muitos sockets ou não leem; atrás de um proxy, confira TRUST_PROXY.'
      },
      log: {
        title: 'O servidor não consegue gravar o próprio log.',
        hint: 'Os eventos não são afetados. Confira o disco, ou o programa que lê a saída padrão.'
      }
    }
  },
  errors: errorsPtBr,
  activity: {
    silent: 'silenciosa',
    silentCount: (count) => `silenciosas: ${count}`,
    lastEvent: 'Último evento',
    noEvent: 'nenhum conhecido',
    counts: 'Eventos no último minuto · hora · dia',
    connection: 'Conexão',
    unknown: 'desconhecida',
    states: { open: 'aberta', connecting: 'conectando', close: 'fechada' },
    limit: 'Silenciosa após (minutos)',
    limitOfServer: 'o valor do servidor',
    limitHelp:
      'Minutos sem evento após os quais esta instância é considerada silenciosa. 0: nunca. Vazio: o valor do servidor.'
  },
  limits: {
    title: 'Limites',
    help: '0: sem limite. Vazio: o valor do servidor.',
    eventsPerSecond: 'Eventos por segundo, em cada nó',
    bytesPerSecond: 'Bytes por segundo, em cada nó',
    sockets: 'Sockets abertos com o token dela, em cada nó',
    retainedBytes: 'Bytes dos eventos dela no log',
    default: (value) => `servidor: ${value}`,
    unlimited: 'sem limite'
  },
  instances: {
    lead: 'Cada instância tem seu próprio token e escolhe quais eventos vão para onde.',
    create: 'Criar instância',
    search: 'Buscar pelo nome',
    state: 'Estado',
    anyState: 'Qualquer estado',
    states: {
      sqs: 'SQS ligado',
      websocket: 'WebSocket ligado',
      off: 'Sem seleção',
      silent: 'Silenciosas'
    },
    counts: 'Eventos: min · h · dia',
    created: 'Criada em',
    paging: 'Páginas de instâncias',
    choose: (name) => `Escolher ${name}`,
    chooseAll: 'Escolher todas desta página',
    setChosen: (count) => `Alterar escolhidas (${count})…`,
    setAll: (count) => `Alterar todas (${count})…`,
    setTitle: (count) => (count === '1' ? 'Alterar 1 instância' : `Alterar ${count} instâncias`),
    transport: 'Transporte',
    change: 'Seleção',
    changes: {
      stored: 'Ligar, com os eventos que cada uma tinha; sem nenhum, todos',
      these: 'Ligar, com estes eventos',
      off: 'Desligar; os eventos ficam guardados'
    },
    set: (count) => `Alterar ${count}`,
    setting: (transport) => `Alterando ${transport}`,
    setHelp: 'As instâncias já alteradas continuam assim, mesmo se você sair desta página.',
    failed: (count) => `não alteradas: ${count}`,
    moreFailures: (count) => `e mais ${count}`,
    none: 'Nenhuma instância está neste estado.',
    empty: 'Ainda não há instâncias. Crie uma ou envie um evento, o que registra a instância dele.',
    notFound: (search) => `Nenhuma instância tem “${search}” no nome.`,
    events: (count) => (count === '1' ? '1 evento' : `${count} eventos`),
    shared: 'filas compartilhadas'
  },
  create: {
    name: 'Nome',
    nameHelp: 'O nome faz parte de URLs, namespaces e nomes de filas: prefira letras, dígitos, “.”, “-” e “_”.',
    token: 'Token (opcional)',
    tokenHelp: 'Gerado se ficar vazio.',
    submit: 'Criar',
    done: (name) => `${name} foi criada`,
    next: 'Selecionar os eventos'
  },
  token: {
    name: 'token',
    once: 'Este é o token da instância. Ele só aparece uma vez: copie agora. Vale só para esta instância.'
  },
  instancePage: { since: (when) => `Desde ${when}` },
  transports: {
    events: 'Eventos',
    nothingSelected: 'Nada selecionado: escolha eventos ou desligue.',
    saving: 'Salvando…',
    saved: 'Salvo.',
    unsaved: 'Ainda não foi salvo.',
    unchanged: 'Sem alterações.',
    sqs: {
      title: 'Amazon SQS',
      enable: 'Enviar para filas próprias',
      switchedOff: 'O SQS está desligado neste servidor (standalone: SQS_ENABLED).',
      own: 'Uma fila para cada evento selecionado aqui.',
      standard: 'As filas são do tipo standard: sem ordem nem deduplicação.',
      global: (prefix, count) =>
        `Além disso, o modo global está ligado: ${count} eventos de todas as instâncias vão para filas compartilhadas, ${prefix}_<evento>.`,
      single: (prefix, count) =>
        `Além disso, o modo global está ligado: ${count} eventos de todas as instâncias vão para uma única fila compartilhada, ${prefix}_singlequeue.`,
      twice:
        'Os eventos selecionados aqui são então enviados duas vezes, e a AWS cobra pelas duas (com SQS_GLOBAL_ENABLED=auto, uma só vez).',
      unlessOwn: 'Os eventos que vão para uma fila desta instância não vão para as filas compartilhadas.'
    },
    websocket: {
      title: 'WebSocket',
      enable: 'Permitir que clientes se conectem',
      switchedOff: 'O WebSocket está desligado neste servidor (standalone: WEBSOCKET_ENABLED).',
      own: (namespace) =>
        `Os clientes se conectam ao namespace ${namespace} com a chave global ou o token desta instância.`,
      global:
        'Além disso, o modo global está ligado: o namespace raiz transmite todos os eventos, independentemente desta seleção.'
    }
  },
  filters: filtersPtBr,
  queues: {
    title: 'Filas',
    other: (name, value, expected) => `${name} é ${value}; filas novas têm ${expected}. A fila é usada como está.`,
    alsoSentTo: 'Os mesmos eventos também vão para:',
    missing: 'O SQS não tem esta fila agora. Ela é criada com o próximo evento para ela.',
    differing: 'Filas com outros atributos',
    differingLead:
      'Estas filas já existiam, ou as configurações mudaram desde então. O servidor nunca altera uma fila existente: para aplicar as configurações, altere os atributos dela na AWS.',
    differingMore: (count) => `mais ${count}`
  },
  connect: {
    title: 'Conectar um cliente',
    with: 'Cliente',
    stream: 'curl (stream HTTP)',
    polling: 'long polling',
    key: 'API_KEY é o token desta instância ou a chave global. Nunca coloque a chave global em uma página pública.'
  },
  connectQueue: {
    title: 'Ler uma fila',
    with: 'Linguagem',
    queue: 'Fila',
    help: 'O SDK da AWS usa as credenciais do ambiente; um emulador aceita quaisquer. Um evento pode chegar duas vezes, com a mesma instância e o mesmo id.'
  },
  hubWebhook: {
    title: 'Webhook do hub',
    lead: 'Faz o hub enviar os eventos desta instância a este servidor.',
    hub: 'Hub',
    help: 'O endereço é o desta página: troque-o se o hub acessa este servidor por outro. Não deixe a chave global onde os tenants possam lê-la.'
  },
  flow: {
    title: 'Para onde vão os eventos',
    follow: 'Seguir um evento',
    events: (count) => `eventos: ${count}`,
    filtered: 'filtrados',
    reduced: 'sem alguns campos',
    unlessOwn: 'exceto os que vão para filas próprias',
    notHere: 'não é entregue aqui',
    kinds: {
      own: 'Filas próprias',
      shared: 'Filas compartilhadas',
      namespace: 'Sockets e streams',
      root: 'Sockets de todas as instâncias',
      log: 'Log de eventos'
    }
  },
  danger: {
    title: 'Ações irreversíveis',
    token: 'Novo token',
    tokenHelp: 'Troca o token. Clientes com o antigo são desconectados, na hora ou depois.',
    tokenWarning: (name) =>
      `Os clientes de ${name} precisam do novo token. São desconectados quando o atual deixar de valer. Um token trocado antes deixa de valer agora.`,
    oldToken: 'O token atual',
    keepOldFor: [
      [0, 'deixa de valer na hora'],
      [3_600, 'vale por mais uma hora'],
      [86_400, 'vale por mais um dia'],
      [604_800, 'vale por mais 7 dias'],
      [2_592_000, 'vale por mais 30 dias']
    ],
    oldValidUntil: (time) => `O token antigo vale até ${time}.`,
    delete: 'Excluir instância',
    deleteHelp:
      'Os sockets dela são desconectados na hora. Eventos já aceitos ainda são enviados. As filas dela são mantidas, a menos que SQS_DELETE_UNUSED_QUEUES seja true.',
    deleteTitle: (name) => `Excluir ${name}?`,
    deleteWarning:
      'Isso exclui o token, as seleções e o acesso ao histórico. As entregas pendentes ainda são enviadas; as dead letters ficam até alguém cuidar delas.',
    pending: 'Entregas pendentes',
    showDeadLetters: 'Ver',
    typeName: (name) => `Digite ${name} para confirmar`
  },
  erasure: erasurePtBr,
  live: {
    lead: 'Os eventos na hora em que acontecem, recebidos por WebSocket.',
    list: 'Eventos ao vivo, do mais novo ao mais antigo',
    states: {
      connecting: 'Conectando…',
      live: 'Ao vivo',
      paused: 'Pausado',
      reconnecting: 'Conexão perdida: reconectando…',
      ended: 'Sem conexão'
    },
    rate: (count) => `${count} / s`,
    lostAt: (time) => `desde ${time}`,
    lost: 'A conexão com o servidor caiu. Os eventos que acontecerem até ela voltar serão carregados do log.',
    shown: (count) => `${count} na lista`,
    held: 'A lista fica parada enquanto você lê.',
    showNew: (count) => (count === '1' ? '1 novo' : `${count} novos`),
    pause: 'Pausar',
    resume: (missed) => `Retomar (${missed === '1' ? '1 novo' : `${missed} novos`})`,
    clear: 'Limpar',
    empty: 'Nenhum evento ainda: eles aparecem aqui quando acontecem. Para mandar um, vá para',
    globalOff:
      'Escolha uma instância acima. Para ver todas de uma vez, defina WEBSOCKET_GLOBAL_EVENTS=true no servidor e reinicie-o.',
    replayed: (count) => `Reconectado. Eventos que chegaram durante a queda, carregados do log: ${count}.`,
    incomplete: 'Reconectado, mas faltam eventos: o log não tem mais todos os eventos desde a queda da conexão.',
    refused: 'O servidor recusa a conexão.',
    retryAt: (time) => `Próxima tentativa às ${time}.`,
    notEnabled: (instance) => `${instance} não tem eventos selecionados para WebSocket.`,
    enable: 'Ligar o WebSocket desta instância'
  },
  history: {
    lead: 'Os eventos do log, do mais novo ao mais antigo.',
    list: 'Eventos do log, do mais novo ao mais antigo',
    paging: 'Páginas da lista',
    newest: 'Últimos',
    newer: 'Mais recentes',
    older: 'Mais antigos',
    range: (count, first, last) => `${count} ${count === '1' ? 'evento' : 'eventos'}, offsets ${first} a ${last}`,
    empty: 'O log não tem eventos aqui. Os eventos ficam no log por EVENT_RETENTION_HOURS horas.',
    noneOfThese: 'O log não tem nenhum desses eventos. Escolha outros acima.'
  },
  log: logPtBr,
  send: {
    lead: 'Envia um evento de teste a partir de um modelo com dados realistas. Ele é entregue como qualquer outro.',
    event: 'Evento',
    data: 'Dados (JSON)',
    dataHelp: 'Você pode editar os dados.',
    notJson: (line, column) => `Isto não é JSON: há um erro na linha ${line}, coluna ${column}.`,
    cutJson: 'Isto ainda não é JSON: falta o fim.',
    submit: 'Enviar evento',
    reset: 'Voltar ao modelo',
    pickFirst: 'Escolha primeiro uma instância.',
    unknown: (instance) =>
      `A instância ${instance} não existe: nunca foi registrada ou foi excluída. Enviar este evento a registra.`,
    done: (id, offset) => `Aceito como ${id}, no offset ${offset}.`,
    notLogged: (id) => `Aceito como ${id}, mas não gravado: não está selecionado para filas nem para sockets.`
  },
  work: {
    progress: (done, total) => `${done} de ${total}`,
    finished: 'Pronto.',
    stopped: 'Parado.',
    stop: 'Parar'
  },
  dead: {
    lead: 'Entregas que o SQS recusou definitivamente. Corrija a causa e reenvie: os ids continuam os mesmos.',
    reason: 'Motivo',
    anyReason: 'Qualquer um',
    queue: 'Fila',
    anyQueue: 'Qualquer uma',
    empty: 'Nenhuma dead letter: o SQS aceitou tudo o que foi enviado.',
    noneOfFilter: 'Nenhuma dead letter corresponde ao filtro.',
    counted: (count) => (count === '1' ? '1 dead letter' : `${count} dead letters`),
    inGroups: (count) => (count === '1' ? 'em 1 grupo' : `em ${count} grupos`),
    groups: 'Dead letters por motivo, instância e fila',
    moreGroups: (groups, letters) =>
      `Grupos menores que não estão na lista: ${groups}, com ${letters} dead letters. Escolha uma instância, um motivo ou uma fila acima.`,
    paging: 'Páginas de dead letters',
    chooseAll: 'Todas desta página',
    choose: (event) => `Escolher ${event}`,
    redrive: (count) => `Reenviar ${count}`,
    redriveAll: (count) => `Reenviar todas (${count})`,
    redriveChosen: (count) => `Reenviar escolhidas (${count})`,
    redriveOne: 'Reenviar',
    discard: (count) => `Descartar ${count}`,
    discardAll: (count) => `Descartar todas (${count})`,
    discardChosen: (count) => `Descartar escolhidas (${count})`,
    discardOne: 'Descartar',
    discardTitle: (count) => (count === '1' ? 'Descartar 1 dead letter?' : `Descartar ${count} dead letters?`),
    discardWarning: 'As entregas serão excluídas: o SQS nunca as receberá.',
    redriveTitle: (count) => `Reenviar ${count} dead letters?`,
    redriveWarning: 'Sem corrigir a causa, elas voltam a ser dead letters.',
    redriving: 'Reenviando',
    sent: (count) => `enviadas: ${count}`,
    again: (count) => `falharam de novo: ${count}`,
    againList: (count) => `Falharam de novo (${count})`,
    moreLetters: (count) => `e mais ${count}`,
    gone: (count) => `resolvidas por outra pessoa: ${count}`,
    redriveHelp: 'As dead letters reenviadas vão para o SQS assim que ele as aceitar, mesmo se você sair desta página.',
    discardHelp: 'As dead letters descartadas continuam descartadas, mesmo se você sair desta página.',
    tried: (count) => (count === '1' ? '1 tentativa' : `${count} tentativas`),
    tooLarge: (bytes, limit) => `A mensagem tem ${bytes} bytes; o limite é ${limit}.`,
    first: (time) => `primeira em ${time}`,
    last: (time) => `última em ${time}`,
    between: (first, last) => `primeira em ${first}, última em ${last}`,
    advice: {
      tooLarge: 'Maior do que o SQS aceita. Defina S3_BUCKET, para que mensagens grandes vão para o S3, e reenvie.',
      accessDenied:
        'As credenciais do servidor não podem enviar para esta fila. Libere sqs:SendMessage nela e reenvie.',
      kms: 'A chave KMS da fila não pode ser usada. Ative-a, libere kms:GenerateDataKey e kms:Decrypt e reenvie.',
      queueMissing: 'A fila não existe. Crie-a, ou libere sqs:CreateQueue, e reenvie.',
      queueUnusable:
        'Este servidor não consegue usar a fila por causa de um atributo dela. Exclua a fila com as mensagens: o reenvio a cria de novo.',
      bucketMissing: 'O bucket das mensagens grandes não existe. Corrija S3_BUCKET e reenvie.',
      invalid:
        'O SQS não aceita esta mensagem como ela é, e reenviar não muda isso. Corrija o que o hub envia e descarte-a.',
      damaged: 'O evento não pode ser lido do disco. Restaure um backup ou descarte-o.',
      other: 'Veja a mensagem da AWS, corrija a causa e reenvie.'
    },
    discarding: 'Descartando',
    payload: 'Conteúdo',
    payloadGone: 'O evento não está mais no log.'
  }
}
