<?php

namespace App\Queue;

use App\Jobs\HandleInstanceEvent;
use Illuminate\Queue\Jobs\SqsJob;

/** An event in the form of a Laravel job, which names the class that handles it and its data. */
class InstanceEventJob extends SqsJob
{
    public function getRawBody()
    {
        $event = json_decode(parent::getRawBody(), true, flags: JSON_THROW_ON_ERROR);
        return json_encode([
            'uuid' => $event['id'],
            'displayName' => $event['event'],
            'job' => HandleInstanceEvent::class . '@handle',
            'data' => $event,
        ]);
    }
}
