<?php

namespace App\Queue;

use Illuminate\Queue\SqsQueue;

/** A queue of SQS whose messages are events, and not jobs that Laravel wrote. */
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
