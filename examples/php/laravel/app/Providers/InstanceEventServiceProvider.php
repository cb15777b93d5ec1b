<?php

namespace App\Providers;

use App\Queue\InstanceEventQueue;
use Illuminate\Queue\Connectors\SqsConnector;
use Illuminate\Support\Facades\Queue;
use Illuminate\Support\ServiceProvider;

// Lets Laravel's own workers read the queues. In your application:
//
//   composer require aws/aws-sdk-php
//   1. Copy app/ and database/, and add this provider to bootstrap/providers.php (before Laravel 11: config/app.php).
//   2. In config/queue.php, under 'connections':
//        'instance-events' => ['driver' => 'instance-events', 'region' => env('AWS_REGION'), 'prefix' => env('SQS_PREFIX'),
//            'key' => env('AWS_ACCESS_KEY_ID'), 'secret' => env('AWS_SECRET_ACCESS_KEY'), 'queue' => 'sales_messages_upsert.fifo'],
//      SQS_PREFIX is the URL of a queue without its name. With the emulator: http://127.0.0.1:4566/000000000000, any key and
//      secret, and one more entry: 'endpoint' => 'http://127.0.0.1:4566'.
//   3. php artisan migrate
//   4. php artisan queue:work instance-events --tries=0 --backoff=10
//
// One worker for each queue: --queue=support_messages_upsert.fifo. With --tries=0 a failed event is received again until SQS
// moves it to its dead-letter queue (SQS_DLQ_MAX_RECEIVES); later events of its instance wait.
class InstanceEventServiceProvider extends ServiceProvider
{
    public function boot(): void
    {
        Queue::extend('instance-events', fn () => new class extends SqsConnector {
            public function connect(array $config)
            {
                $sqs = parent::connect($config)->getSqs();
                return new InstanceEventQueue($sqs, $config['queue'], $config['prefix'] ?? '');
            }
        });
    }
}
