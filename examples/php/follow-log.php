<?php
// Receives the events that an instance has selected for sockets, by long polling, without any package. It continues where its
// last run stopped. Sockets must be enabled for the instance (POST /websocket/set/<instance> with {"enabled": true}): otherwise
// the server answers 409.
//
//   API_KEY=<global key or token of the instance> INSTANCE=sales php examples/php/follow-log.php

$url = getenv('URL') ?: 'http://localhost:8080';
$instance = getenv('INSTANCE') ?: 'sales';
$file = getenv('FILE') ?: "$instance.offset";

/** Your work. If it throws, the next run receives the event again. */
function work(array $event): void
{
    echo "{$event['offset']} {$event['event']} ", json_encode($event['data'], JSON_UNESCAPED_UNICODE), "\n";
}

// The first run begins with the oldest event that the log still has.
$after = is_file($file) ? (int) file_get_contents($file) : 0;
$options = ['header' => 'apikey: ' . getenv('API_KEY'), 'timeout' => 60, 'ignore_errors' => true];

while (true) {
    // The reply arrives as soon as there is an event, or empty after 25 seconds.
    $query = http_build_query(['after' => $after, 'wait' => 25]);
    $body = @file_get_contents(
        "$url/events/" . rawurlencode($instance) . "?$query",
        context: stream_context_create(['http' => $options])
    );
    $page = json_decode($body ?: '', true);
    if (!isset($page['events'])) {
        echo $body ?: 'no connection', "\n";
        $status = $page['status'] ?? 503;
        if ($status < 500 && $status !== 429) {
            exit(1);
        }
        sleep(2);
        continue;
    }
    foreach ($page['events'] as $event) {
        work($event);
        // Write and rename, so that a crash leaves either the old offset or the new one.
        file_put_contents("$file.new", $event['offset']);
        rename("$file.new", $file);
    }
    $after = $page['after'];
}
