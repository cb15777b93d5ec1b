import workflow from './n8n-queue.json' with { type: 'json' }
import { asPhpString, asString } from './quoting.ts'

export interface QueueTarget {
  /** Name of the queue. */
  queue: string
  /** URL of the queue; `null`: not known yet. */
  url: string | null
  /** AWS region; `null`: not known. */
  region: string | null
  /** Host and port of SQS, if it is not that of AWS in the region. */
  endpoint: string | null
}

/** Code for Node.js. */
export function nodeSnippet(target: QueueTarget): string {
  const { region, endpoint } = placeOf(target)
  const other = endpoint === undefined ? '' : `, endpoint: ${asString(endpoint)}`
  return `// npm install @aws-sdk/client-sqs
import { DeleteMessageCommand, GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'

const client = new SQSClient({ region: ${asString(region)}${other} })
const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: ${asString(target.queue)} }))
for (;;) {
  const wanted = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 }
  const { Messages = [] } = await client.send(new ReceiveMessageCommand(wanted))
  for (const { Body, ReceiptHandle } of Messages) {
    let message = JSON.parse(Body)
    // Larger than SQS accepts: the whole message is in S3.
    if (message.dataType === 's3') message = await (await fetch(message.data.fileUrl)).json()
    console.log(message.offset, message.event, message.data)
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
  }
}
`
}

/** Code for Python. */
export function pythonSnippet(target: QueueTarget): string {
  const { region, endpoint } = placeOf(target)
  const other = endpoint === undefined ? '' : `, endpoint_url=${asString(endpoint)}`
  return `# pip install boto3
import json
import urllib.request

import boto3

sqs = boto3.client('sqs', region_name=${asString(region)}${other})
url = sqs.get_queue_url(QueueName=${asString(target.queue)})['QueueUrl']
while True:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20)
    for received in answer.get('Messages', []):
        message = json.loads(received['Body'])
        if message['dataType'] == 's3':  # larger than SQS accepts: the whole message is in S3
            message = json.load(urllib.request.urlopen(message['data']['fileUrl']))
        print(message['offset'], message['event'], message['data'], flush=True)
        sqs.delete_message(QueueUrl=url, ReceiptHandle=received['ReceiptHandle'])
`
}

/** Code for PHP. */
export function phpSnippet(target: QueueTarget): string {
  const { region, endpoint } = placeOf(target)
  const other = endpoint === undefined ? '' : `, 'endpoint' => ${asPhpString(endpoint)}`
  return `<?php
// composer require aws/aws-sdk-php
require 'vendor/autoload.php';

$sqs = new Aws\\Sqs\\SqsClient(['version' => 'latest', 'region' => ${asPhpString(region)}${other}]);
$url = $sqs->getQueueUrl(['QueueName' => ${asPhpString(target.queue)}])['QueueUrl'];
while (true) {
    $answer = $sqs->receiveMessage(['QueueUrl' => $url, 'MaxNumberOfMessages' => 10, 'WaitTimeSeconds' => 20]);
    foreach ($answer['Messages'] ?? [] as $received) {
        $message = json_decode($received['Body'], true, 512, JSON_THROW_ON_ERROR);
        if ($message['dataType'] === 's3') { // larger than SQS accepts: the whole message is in S3
            $message = json_decode(file_get_contents($message['data']['fileUrl']), true, 512, JSON_THROW_ON_ERROR);
        }
        echo $message['offset'], ' ', $message['event'], ' ', json_encode($message['data']), "\\n";
        $sqs->deleteMessage(['QueueUrl' => $url, 'ReceiptHandle' => $received['ReceiptHandle']]);
    }
}
`
}

/** A workflow of n8n, to be pasted into its editor. */
export function n8nSnippet(target: QueueTarget): string {
  const { region, endpoint = `https://sqs.${region}.amazonaws.com` } = placeOf(target)
  const values: Record<string, string> = { endpoint, ...(target.url !== null && { queueUrl: target.url }) }
  const nodes = workflow.nodes.map((node) => {
    const settings = 'assignments' in node.parameters ? node.parameters.assignments : undefined
    if (!settings) return node
    const assignments = settings.assignments.map((entry) => ({ ...entry, value: values[entry.name] ?? entry.value }))
    return { ...node, parameters: { ...node.parameters, assignments: { assignments } } }
  })
  return `${JSON.stringify({ ...workflow, nodes }, null, 2)}\n`
}

/** Emulators accept any region. */
function placeOf({ region, endpoint }: QueueTarget): { region: string; endpoint?: string } {
  if (endpoint === null) return { region: region ?? 'us-east-1' }
  const scheme = /^(localhost|127\.|\[::1\])/.test(endpoint) ? 'http' : 'https'
  return { region: region ?? 'us-east-1', endpoint: `${scheme}://${endpoint}` }
}
