<?php
// Reads one queue and processes each event once, in the order of its instance. Stop it at any time: unfinished events are received again.
//
//   composer install --working-dir examples/php
//   SQS_ENDPOINT=http://127.0.0.1:4566 QUEUE=sales_messages_upsert.fifo php examples/php/worker.php
//
// On AWS leave SQS_ENDPOINT out and set AWS_REGION.
require __DIR__ . '/vendor/autoload.php';

use Aws\Sqs\SqsClient;

$endpoint = getenv('SQS_ENDPOINT');
$queue = getenv('QUEUE') ?: 'sales_messages_upsert.fifo';
$retrySeconds = (int) (getenv('RETRY_SECONDS') ?: 10);

$db = new PDO('sqlite:' . (getenv('FILE') ?: 'worker.db'));
$db->exec('CREATE TABLE IF NOT EXISTS handled (instance TEXT, id TEXT, at INTEGER, PRIMARY KEY (instance, id))');
$db->exec('CREATE TABLE IF NOT EXISTS chats (jid TEXT PRIMARY KEY, messages INTEGER)');

/** Your work; here, counts the messages of each chat. Throws if it must be retried. */
function work(PDO $db, array $event): void
{
    $jid = $event['data']['key']['remoteJid'] ?? throw new UnexpectedValueException('data.key.remoteJid is missing');
    $count = $db->prepare('INSERT INTO chats VALUES (?, 1) ON CONFLICT DO UPDATE SET messages = messages + 1');
    $count->execute([$jid]);
}

/** Does the work and notes its id in one transaction. Returns whether the event was new. */
function once(PDO $db, array $event): bool
{
    $db->beginTransaction();
    try {
        $mark = $db->prepare('INSERT INTO handled VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
        $mark->execute([$event['instance'], $event['id'], time()]);
        $new = $mark->rowCount() === 1;
        if ($new) {
            work($db, $event);
        }
        $db->commit();
        return $new;
    } catch (Throwable $error) {
        $db->rollBack();
        throw $error;
    }
}

$anyone = ['region' => 'us-east-1', 'credentials' => ['key' => 'any', 'secret' => 'any']];
$account = ['region' => getenv('AWS_REGION')];
$sqs = new SqsClient(['version' => 'latest'] + ($endpoint ? ['endpoint' => $endpoint] + $anyone : $account));
$url = $sqs->getQueueUrl(['QueueName' => $queue])['QueueUrl'];
echo "waiting for $queue\n";

while (true) {
    // All ten must be done within these 60 seconds, or SQS delivers them again.
    $wanted = ['MaxNumberOfMessages' => 10, 'WaitTimeSeconds' => 20, 'VisibilityTimeout' => 60];
    $answer = $sqs->receiveMessage(['QueueUrl' => $url, 'AttributeNames' => ['MessageGroupId']] + $wanted);
    // Messages after a failed one in its group are received again after it.
    $failed = [];
    foreach ($answer['Messages'] ?? [] as $message) {
        $group = $message['Attributes']['MessageGroupId'] ?? '';
        $place = ['QueueUrl' => $url, 'ReceiptHandle' => $message['ReceiptHandle']];
        try {
            if (!isset($failed[$group])) {
                $event = json_decode($message['Body'], true, flags: JSON_THROW_ON_ERROR);
                $done = once($db, $event) ? 'done' : 'done before';
                $sqs->deleteMessage($place);
                echo "{$event['instance']} {$event['offset']}: $done\n";
                continue;
            }
        } catch (Throwable $error) {
            echo "$group: {$error->getMessage()}\n";
            $failed[$group] = true;
        }
        $sqs->changeMessageVisibility($place + ['VisibilityTimeout' => $retrySeconds]);
    }
    // SQS keeps a message for at most 14 days, so older ids are no longer needed.
    $db->prepare('DELETE FROM handled WHERE at < ?')->execute([time() - 15 * 86400]);
}
