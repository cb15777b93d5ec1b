<?php

namespace App\Jobs;

use Illuminate\Contracts\Queue\Job;
use Illuminate\Support\Facades\DB;

class HandleInstanceEvent
{
    /** Does the work and records the event's id in one transaction, so that a repeated event is not processed again. */
    public function handle(Job $job, array $event): void
    {
        DB::transaction(function () use ($event) {
            $mark = ['instance' => $event['instance'], 'id' => $event['id'], 'at' => time()];
            if (DB::table('handled_events')->insertOrIgnore($mark) === 1) {
                $this->work($event);
            }
        });
        $job->delete();
    }

    /** Your work; here, counts the messages of each chat. Throws if it must be retried. */
    private function work(array $event): void
    {
        $jid = $event['data']['key']['remoteJid'] ?? throw new \UnexpectedValueException('data.key.remoteJid is missing');
        DB::table('chats')->insertOrIgnore(['jid' => $jid, 'messages' => 0]);
        DB::table('chats')->where('jid', $jid)->increment('messages');
    }
}
