<?php

namespace App\Queue;

use Illuminate\Queue\SqsQueue;

/** An SQS queue whose messages are events instead of Laravel's own jobs. */
class InstanceEventQueue extends SqsQueue
{
    public function pop($queue = null)
    {
        $job = parent::pop($queue);
        if ($job === null) {
            return null;
        }
        return new InstanceEventJob($this->container, $this->sqs, $job->getSqsJob(), $this->connectionName, $job->getQueue());
    }
}
